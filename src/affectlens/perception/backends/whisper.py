"""Speech recognition by Whisper base on CTranslate2, 8-bit, one window of speech at a time.

Whisper was trained on windows padded to 30 s and encodes all of them. Encoding only the speech and
5 s more (10 s at least) costs a fifth for a short window and gives the same words, except that it
sometimes falls into a loop or is unsure; then the window is encoded again in full. Figures:
benchmarks/words.py.
"""

# M mel bands, F frames of 10 ms

import re
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from affectlens.foundation.missing import Missing
from affectlens.foundation.timeline import Span
from affectlens.perception import needs
from affectlens.perception.percepts import Floats, Sentence, Transcript, Word

FULL, LEAST, _MARGIN = 3000, 1000, 500  # frames
_FRAME_S, _TOKEN_S = 0.01, 0.02
_AGAIN = -0.6  # mean log-probability below which the full encoder is asked
_MOST_TOKENS_PER_S = 12.0  # of the fastest speech in the languages with the longest spelling
# Whisper's own thresholds (Radford et al. 2022, section 4.5).
_LOOP = re.compile(r"(.{6,80}?)\1{3,}|(.{1,5}?)\2{7,}")  # the same four or eight times on end
_LOOP_RATIO, _SILENCE, _UNSURE = 2.4, 0.6, -1.0
_LANGUAGE_SURE, _LANGUAGE_UNSURE = 0.4, -0.7
_SENTENCE_UNSURE = 0.4  # mean probability of a sentence's words
# What Whisper learnt from subtitles and says into noise; believed only when it is very sure.
_CREDITS = re.compile(
    r"amara\.org|untertitel|sous-titr|sottotitol|subt[ií]tul|legendas|字幕|субтитр"
    r"|продолжение следует|thank(s| you) for (watching|listening)|please (like and )?subscribe"
    r"|ご視聴|チャンネル登録|시청해|구독|点赞|订阅|订閱|謝謝(收看|觀看)|谢谢(收看|观看)|www\.|\.com\b",
    re.IGNORECASE,
)
_CREDITS_SURE = 0.9
_SENTENCE_END = re.compile(r"[?!。？！…]$|[^\W\d_]{4,}\.$|[a-zà-ÿ]+\.$")  # not "Mr." or "3."
_BEAM = 5  # Whisper's own
PACKAGES = ("faster_whisper",)
MODELS = ("whisper-base",)  # in the manifest of weights


@dataclass(frozen=True, kw_only=True, slots=True)
class Config:
    """How the recogniser runs."""

    threads: int = 1


def available(config: Config) -> Missing | None:
    """None when it can run here, else why not."""
    del config
    return needs.lacking(PACKAGES, MODELS)


def build(config: Config) -> "Whisper":
    """The loaded recogniser.

    Raises:
        UnavailableError: the package or the model is not here.
    """
    (folder,) = needs.require(PACKAGES, MODELS)
    return _load(folder, config)


def _load(folder: Path, config: Config) -> "Whisper":
    import ctranslate2
    import tokenizers
    from faster_whisper.feature_extractor import FeatureExtractor

    return Whisper(
        net=ctranslate2.models.Whisper(
            str(folder), device="cpu", compute_type="int8", intra_threads=config.threads
        ),
        tokens=tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json")),
        features=FeatureExtractor(),
    )


@dataclass(frozen=True, slots=True)
class _Heard:
    """One decoding of a window."""

    ids: list[int]
    score: float  # mean log-probability of its tokens
    no_speech: float
    encoded: Any
    tokenizer: Any
    complete: bool  # it came to an end by itself

    @property
    def text(self) -> str:
        """Its words, without times."""
        return str(self.tokenizer.decode(self.ids)).strip()

    @property
    def looped(self) -> bool:
        """Whether it says the same again and again."""
        return not self.complete or loops(self.text)


@dataclass(frozen=True, slots=True)
class Whisper:
    """Writes down up to 30 s of speech."""

    net: Any
    tokens: Any
    features: Any

    def __call__(
        self, samples_S: Floats, speech: Sequence[Span], language: str | None
    ) -> Transcript:
        """What is said; sentences that touch none of the spans are left out."""
        mel_MF = self.features(samples_S)[:, :FULL].astype(np.float32)
        encoded = self._encode(mel_MF, max(LEAST, mel_MF.shape[1] + _MARGIN))
        name, confidence = language, 1.0
        if name is None:
            name, confidence = self._language(encoded)
        heard = self._decode(encoded, name, mel_MF.shape[1])
        if heard.looped or heard.score < _AGAIN:
            heard = self._decode(self._encode(mel_MF, FULL), name, mel_MF.shape[1])
        if _dubious(heard, confidence):
            return Transcript((), name, confidence, "speech")
        sentences = tuple(
            sentence
            for sentence in self._sentences(heard, mel_MF.shape[1])
            if believed(sentence) and any(sentence.span.overlap_s(span) > 0 for span in speech)
        )
        return Transcript(sentences, name, confidence, "speech")

    def _encode(self, mel_MF: Floats, frames: int) -> Any:
        import ctranslate2

        missing = max(0, min(FULL, frames) - mel_MF.shape[1])
        padded_MF = np.ascontiguousarray(np.pad(mel_MF, ((0, 0), (0, missing))))
        return self.net.encode(ctranslate2.StorageView.from_array(padded_MF[None]))

    def _language(self, encoded: Any) -> tuple[str, float]:
        """The likeliest language and its probability."""
        token, probability = self.net.detect_language(encoded)[0][0]
        return token.strip("<|>"), float(probability)

    def _decode(self, encoded: Any, language: str, frames: int) -> _Heard:
        from faster_whisper.tokenizer import Tokenizer

        tokenizer = Tokenizer(self.tokens, True, task="transcribe", language=language)
        most = min(224, 20 + round(frames * _FRAME_S * _MOST_TOKENS_PER_S))
        prompt = list(tokenizer.sot_sequence)
        suppressed = [
            *tokenizer.non_speech_tokens,
            *(tokenizer.transcribe, tokenizer.translate, tokenizer.sot, tokenizer.sot_prev),
            *(tokenizer.sot_lm, tokenizer.no_speech),
        ]
        answer = self.net.generate(
            encoded,
            [prompt],
            beam_size=_BEAM,
            max_length=len(prompt) + most,
            return_scores=True,
            return_no_speech_prob=True,
            suppress_tokens=suppressed,
        )[0]
        ids = answer.sequences_ids[0]
        return _Heard(
            ids=ids,
            score=float(answer.scores[0]),
            no_speech=float(answer.no_speech_prob),
            encoded=encoded,
            tokenizer=tokenizer,
            complete=len(ids) < most - 1,
        )

    def _sentences(self, heard: _Heard, frames: int) -> Iterator[Sentence]:
        """Words with their times, parted at full stops and at Whisper's marks of time."""
        own: list[Word] = []
        tokens = 0
        ends = set(np.cumsum([len(run) for run in _runs(heard.ids, heard.tokenizer)]).tolist())
        ids = [id_ for id_ in heard.ids if id_ < heard.tokenizer.eot]
        for word, count in self._words(heard, ids, frames):
            tokens += count
            if own and not re.search(r"\w", word.text):  # punctuation
                own[-1] = replace(own[-1], text=own[-1].text + word.text)
            else:
                if own and _SENTENCE_END.search(own[-1].text):
                    yield _sentence(own)
                    own = []
                own.append(word)
            if tokens in ends:
                yield _sentence(own)
                own = []
        if own:
            yield _sentence(own)

    def _words(self, heard: _Heard, ids: list[int], frames: int) -> list[tuple[Word, int]]:
        """Each word and how many tokens it has, timed by cross-attention (Whisper's `align`)."""
        if not ids:
            return []
        tokenizer = heard.tokenizer
        answer = self.net.align(heard.encoded, tokenizer.sot_sequence, [ids], frames)[0]
        text_T, time_T = np.array(answer.alignments, dtype=int).reshape(-1, 2).T
        begins = time_T[np.diff(text_T, prepend=-1) > 0] * _TOKEN_S
        made: list[tuple[Word, int]] = []
        at = 0
        for text, pieces in zip(
            *tokenizer.split_to_word_tokens([*ids, tokenizer.eot]), strict=True
        ):
            stop = at + len(pieces)
            if pieces[0] == tokenizer.eot:
                break
            start_s, end_s = (float(begins[min(i, len(begins) - 1)]) for i in (at, stop))
            confidence = float(np.mean(answer.text_token_probs[at:stop]))
            made.append((Word(Span(start_s, max(start_s, end_s)), text, confidence), len(pieces)))
            at = stop
        return made


def _runs(ids: list[int], tokenizer: Any) -> list[list[int]]:
    """Text tokens between marks of time; a mark inside a word never occurs."""
    runs: list[list[int]] = [[]]
    for id_ in ids:
        if id_ >= tokenizer.timestamp_begin:
            runs.append([])
        elif id_ < tokenizer.eot:
            runs[-1].append(id_)
    return [run for run in runs if run]


def _sentence(words: Sequence[Word]) -> Sentence:
    """Words as one sentence; its confidence is the geometric mean of theirs."""
    span = Span(words[0].span.start_s, max(word.span.end_s for word in words))
    text = "".join(word.text for word in words).strip()
    logs = [np.log(max(word.confidence, 1e-6)) for word in words]
    plain = tuple(Word(word.span, word.text.strip(), word.confidence) for word in words)
    return Sentence(
        span, text, plain, Missing("speech recognition names nobody"), float(np.exp(np.mean(logs)))
    )


def loops(text: str) -> bool:
    """Whether a text repeats itself as nobody would."""
    raw = text.encode()
    return len(raw) / len(zlib.compress(raw)) > _LOOP_RATIO or bool(_LOOP.search(text))


def _dubious(heard: _Heard, language_confidence: float) -> bool:
    """Whether a whole window is better not believed."""
    return (
        heard.looped
        or (heard.no_speech > _SILENCE and heard.score < _UNSURE)
        or (language_confidence < _LANGUAGE_SURE and heard.score < _LANGUAGE_UNSURE)
    )


def believed(sentence: Sentence) -> bool:
    """Whether one sentence is good enough to be shown."""
    if not re.search(r"\w", sentence.text) or sentence.confidence < _SENTENCE_UNSURE:
        return False
    return sentence.confidence >= _CREDITS_SURE or not _CREDITS.search(sentence.text)

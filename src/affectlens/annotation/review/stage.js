/* The clip at its peak: video, picture or sound; a box around the face, and the face by itself. */

import { ask, byId, known, make } from "/parts.js";

const SAME_S = 0.1; // so near to the peak its box is shown
const MARGIN = 0.3; // of the face's box, around it

let media = null; // the element that shows the clip
let peak = null;

/** Show a clip; `told` is called with the time whenever it changes. */
export function show(place, item, told) {
  clear();
  const { kind, plays, absent } = item.media;
  peak = known(item.annotation.peak);
  byId("absent").hidden = kind !== null;
  byId("absent").textContent = absent ? `The clip is not shown: ${absent}.` : "";
  byId("stage").hidden = kind === null;
  byId("to-peak").hidden = peak === null || kind !== "video";
  byId("stage").classList.toggle("sound", kind === "sound");
  if (kind === null) return;
  shape(known(item.annotation.source.width), known(item.annotation.source.height), kind);
  const sources = [...(plays ? [`/media/${place}`] : []), `/excerpt/${place}`];
  if (kind === "picture") showPicture(sources);
  else showMoving(kind, sources, told);
  if (kind === "sound") drawWave(place);
  if (peak?.box && kind !== "sound") drawFace(kind === "picture" ? sources[0] : `/peak/${place}`);
  placeBox();
}

export function seek(time) {
  if (media instanceof HTMLMediaElement) media.currentTime = time;
}

export const toPeak = () => { if (peak) { pause(); seek(peak.time_s); } };

export function playOrPause() {
  if (!(media instanceof HTMLMediaElement)) return;
  if (media.paused) media.play().catch(() => {});
  else media.pause();
}

export function pause() {
  if (media instanceof HTMLMediaElement) media.pause();
}

function clear() {
  pause();
  media?.removeAttribute("src"); // stops a load that nobody waits for
  media = null;
  byId("picture").replaceChildren();
  byId("face-box").hidden = true;
  byId("near").hidden = true;
}

function shape(wide, high, kind) {
  const stage = byId("stage");
  const known_ = kind !== "sound" && wide && high;
  stage.style.aspectRatio = known_ ? `${wide} / ${high}` : kind === "sound" ? "auto" : "16 / 9";
  stage.style.maxWidth = known_ ? `calc(52vh * ${wide / high})` : "";
}

function showPicture(sources) {
  media = make("img", { alt: "The clip" });
  media.addEventListener("load", () => { shape(media.naturalWidth, media.naturalHeight, "picture"); placeBox(); });
  load(media, sources);
}

function showMoving(kind, sources, told) {
  const shown = make(kind === "video" ? "video" : "audio", { controls: "", preload: "auto", playsinline: "" });
  media = shown;
  shown.setAttribute("aria-label", "The clip");
  shown.addEventListener("loadedmetadata", () => {
    if (shown.videoWidth) shape(shown.videoWidth, shown.videoHeight, kind);
    if (peak) shown.currentTime = peak.time_s;
  });
  for (const name of ["loadeddata", "timeupdate", "seeking", "seeked", "play", "pause"]) {
    shown.addEventListener(name, () => { if (media === shown) { placeBox(); told(shown.currentTime); } });
  }
  load(shown, sources);
}

/** The first source that the browser can show; the last one's failure is told. */
function load(element, [source, ...rest]) {
  element.addEventListener("error", () => {
    if (media !== element) return;
    if (rest.length) { load(element, rest); return; }
    byId("absent").hidden = false;
    byId("absent").textContent = "The clip cannot be played here.";
  }, { once: true });
  element.src = source;
  byId("picture").prepend(element);
}

function placeBox() {
  const box = byId("face-box");
  const near = !(media instanceof HTMLVideoElement)
    || (!media.seeking && media.readyState > 1 && Math.abs(media.currentTime - (peak?.time_s ?? 0)) < SAME_S);
  box.hidden = !peak?.box || !near || media instanceof HTMLAudioElement;
  if (box.hidden) return;
  const [left, top, right, bottom] = peak.box;
  Object.assign(box.style, {
    left: `${100 * left}%`, top: `${100 * top}%`, width: `${100 * (right - left)}%`, height: `${100 * (bottom - top)}%`,
  });
}

/** The face at the peak, large: expressions are small in a whole picture. */
function drawFace(source) {
  const whole = new Image();
  const [left, top, right, bottom] = peak.box;
  const here = media;
  whole.addEventListener("load", () => {
    if (media !== here) return;
    const { naturalWidth: wide, naturalHeight: high } = whole;
    const side = (1 + 2 * MARGIN) * Math.max((right - left) * wide, (bottom - top) * high);
    const x = ((left + right) / 2) * wide - side / 2;
    const y = ((top + bottom) / 2) * high - side / 2;
    const canvas = byId("face");
    const brush = canvas.getContext("2d");
    brush.clearRect(0, 0, canvas.width, canvas.height);
    brush.drawImage(whole, x, y, side, side, 0, 0, canvas.width, canvas.height);
    byId("near").hidden = false;
  });
  whole.src = source;
}

async function drawWave(place) {
  const here = media;
  const canvas = make("canvas", { id: "wave", "aria-hidden": "true" });
  byId("picture").prepend(canvas);
  const bars = await ask(`/api/items/${place}/wave`).catch(() => []);
  if (media !== here) return;
  const paint = () => {
    const { clientWidth: wide, clientHeight: high } = canvas;
    canvas.width = wide;
    canvas.height = high;
    const brush = canvas.getContext("2d");
    const reached = here.duration ? here.currentTime / here.duration : 0;
    bars.forEach((bar, i) => {
      const tall = Math.max(2, bar * high * 0.9);
      brush.fillStyle = i / bars.length < reached ? "#ffd75e" : "#82aaff";
      brush.fillRect((i * wide) / bars.length, (high - tall) / 2, Math.max(1, wide / bars.length - 1), tall);
    });
  };
  here.addEventListener("timeupdate", paint);
  canvas.addEventListener("click", (event) => seek((event.offsetX / canvas.clientWidth) * (here.duration || 0)));
  paint();
}

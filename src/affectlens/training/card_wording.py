"""What every model card says, whatever the model is."""

FIRST = "A model of Affectlens that says which emotion people express in a clip, and why."
WHAT = (
    "After Emotion-LLaMA (arXiv 2406.11161): encoders watch and listen, connectors make tokens of "
    "what they give, and a language model reads these beside the words that are said, scores each "
    "label as an answer, and explains the label in words."
)
NO_RESULTS = (
    "No results on clips that decided nothing are told yet: run affectlens evaluate and "
    "write them into results.json."
)
CHOSEN = (
    "The checkpoint, the temperatures and the threshold were chosen on these clips: on others it "
    "does worse."
)
CALIBRATED = (
    "Log likelihoods of labels are divided by a temperature before they become probabilities, one "
    "for each set of streams and words that is shown. The calibration error is measured on the "
    "clips on which the temperature was fitted, in 15 bins."
)
HASHED = "How a checksum is made stands beside it in provenance.json."
UNLICENSED = (
    "Nobody said under which licence these weights stand. Those of the data, above, bind whoever "
    "shares what was learned from them."
)
TERMS = (
    "Weights that were trained on RAVDESS or FER2013 are for research and may be shared under CC "
    "BY-NC-SA 4.0 alone. The code of Affectlens is under Apache-2.0."
)
USE = (
    "Research on how emotions are expressed, teaching, and trying Affectlens out.",
    "With people who agreed to it, and with a person who decides.",
)
MISUSE = (
    "No decisions about people: hiring, schooling, credit, insurance, policing, border control, "
    "diagnosis.",
    "No watching or scoring of people at work or in education. In the European Union the AI Act "
    "prohibits inferring emotions there (Article 5(1)(f)), but for medical and safety reasons.",
    "No lie detection, and no conclusions about age, gender, race or who somebody is.",
)
LIMITS = (
    "An expression is not a feeling: people smile without joy, and feel without showing. A label "
    "says what a clip seems to express.",
    "It learned from the people, languages and recordings of the data above. On others it does "
    "worse, and nobody has said by how much where no result above says so.",
    "Acted emotions are stronger and purer than those of every day.",
    "Its explanation is written by a language model after the label was scored, and may name what "
    "nobody measured: Affectlens marks claims that no clue bears out.",
)
REPRODUCE = """\
## How to make it again

With the code of the commit above and the settings of provenance.json as a recipe:

```bash
affectlens train RECIPE.toml -o RUN
```
"""

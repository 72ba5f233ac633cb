"""What every data card says, whatever is in the data set."""

WHAT = (
    "For each clip: what the face, the voice and the words of its main person express, described "
    "in words, with the measurements behind it. Labels and descriptions say what is expressed at "
    "a moment, not what somebody feels: people smile without joy, and feel without showing."
)
LIMITS = (
    "Action units come from a mesh of 478 points, through a table. Intensities are uncalibrated: "
    "compare a person with themselves, not with a FACS coder's numbers.",
    "Where people gave no label, it is that of a small net and a table of numbers: a pseudo-label. "
    "Do not report scores against it as if people had said so.",
    "Descriptions are written around the label (label-conditioned, as in MERR). They explain it; "
    "they are no evidence for it.",
    "Sentences of a description that nothing measured bears out are listed as claims in each "
    "annotation; what asserts nothing measurable is unchecked.",
    "Nothing here was balanced by, or tested for, groups of people, and nothing says age, gender "
    "or race.",
)
MISUSE = (
    "No decisions about people: hiring, schooling, credit, insurance, policing, border control, "
    "diagnosis.",
    "No watching of people at work or in education. In the European Union the AI Act prohibits "
    "inferring emotions there (Article 5(1)(f)), but for medical and safety reasons.",
    "No models that infer age, gender or race from these clips, and none that recognise who "
    "somebody is.",
    "Only with people who agreed to it.",
)
TERMS = (
    "Descriptions and measurements follow the licence of the clips that they describe. Whoever "
    "shares this data set answers for the consent of the people in it and for the clips' licences."
)
UNLICENSED = (
    "Nobody said under which licence {n} of the clips stand. Do not share them before you know."
)
LEAKS = {
    "bytes": "the same files",
    "near": "near-duplicates",
    "speaker": "speakers",
    "source": "sources",
}
NAMES = {
    "label": "label",
    "face": "face (visual expression, C_ved)",
    "objective": "picture (visual objective, C_vod)",
    "tone": "voice (audio tone, C_atd)",
    "coarse": "coarse caption",
    "fine": "fine description (C_md)",
}

/* What the data set says of a clip: labels to choose from, face, clues, checks, what others said. */

import { byId, known, make, seconds, spanText, toneOf } from "/parts.js";

/** Fill everything that does not depend on what the reviewer types. */
export function describe(item) {
  const { annotation } = item;
  byId("clip-name").textContent = annotation.id;
  notices(item);
  labels(item);
  const words = known(annotation.subtitle);
  byId("said-words").hidden = !words;
  byId("said-words").textContent = `“${words}”`;
  peakFacts(known(annotation.peak));
  byId("cards").replaceChildren(...annotation.clues.map(card));
  if (!annotation.clues.length) byId("cards").append(make("li", { className: "faint", text: "No clue was kept." }));
  checks(annotation);
  parts(annotation);
  mine(item);
  others(item);
}

/** Mark the clues of a moment. */
export function live(time) {
  for (const button of byId("cards").querySelectorAll("button")) {
    button.classList.toggle("live", Number(button.dataset.start) <= time && time <= Number(button.dataset.end));
  }
}

function notices(item) {
  const { rejected } = item.annotation;
  byId("why-rejected").hidden = rejected.length === 0;
  byId("why-rejected").textContent = `Not in the data set: ${rejected.join("; ")}\nAccepting, editing or relabelling it brings it back.`;
  byId("why-stale").hidden = !item.stale;
  byId("why-stale").textContent = "You decided about an earlier version of this clip. It was annotated anew since, so please look again.";
}

function labels(item) {
  const own = known(item.annotation.label);
  const named = [...item.labels];
  byId("labels").replaceChildren(...named.map((label, i) => {
    const key = i < 9 ? String(i + 1) : i === 9 ? "0" : null;
    const button = make("button", { type: "button", "data-label": label, className: label === own ? "own" : "" },
      ...(key ? [make("kbd", { text: key }), " "] : []), label);
    button.style.setProperty("--tone", toneOf(label));
    if (label === own) button.setAttribute("aria-description", "the label of the data set");
    return button;
  }));
}

function peakFacts(peak) {
  byId("peak-facts").textContent = peak ? `${peak.person}'s peak frame: ${seconds(peak.time_s)}, frame ${peak.frame}` : "No peak frame was found.";
  byId("face").setAttribute("aria-label", peak ? `The face of ${peak.person} at ${seconds(peak.time_s)}` : "");
  const units = Object.entries(peak?.action_units ?? {}).sort((one, other) => other[1] - one[1]);
  byId("units").replaceChildren(...units.slice(0, 12).map(([unit, value]) =>
    make("li", { text: `${unit} ${value.toFixed(1)}`, className: peak.active.includes(unit) ? "active" : "" })));
}

function card(clue) {
  const numbers = Object.entries(clue.numbers).map(([name, value]) => `${name.replaceAll("_", " ")} ${Number(value.toFixed(3))}`);
  const [start, end] = clue.span;
  return make("li", {}, make("button", { type: "button", "data-start": String(start), "data-end": String(end) },
    make("span", { className: "modality", text: clue.modality }),
    make("span", { className: "what", text: [clue.person, clue.text].filter(Boolean).join(": ") }),
    make("span", { className: "when", text: spanText(clue.span) }),
    make("span", { className: "numbers", text: [`strength ${clue.strength.toFixed(2)}`, ...numbers].join(" · ") })));
}

function checks(annotation) {
  const score = known(annotation.score);
  byId("checks-title").textContent = score === null ? "Checks" : `Checks: score ${score.toFixed(2)}`;
  byId("checked").replaceChildren(...annotation.checks.map((check) => {
    const value = known(check.score);
    return make("li", {},
      make("span", { text: check.passed ? "✓" : "✗", className: check.passed ? "" : "failed", role: "img", "aria-label": check.passed ? "passed" : "failed" }),
      make("span", { text: check.name, className: check.passed ? "" : "failed" }),
      make("span", { className: "num", text: value === null ? "–" : value.toFixed(2) }),
      make("span", { text: check.detail }));
  }));
  if (!annotation.checks.length) byId("checked").append(make("li", { className: "faint", text: "Nothing was checked." }));
}

const PARTS = [
  ["face", "face"], ["objective", "picture"], ["tone", "voice"], ["coarse", "coarse caption"],
  ["given", "label given"], ["read", "label by the analysis"], ["split", "split"],
];

function parts(annotation) {
  const rows = PARTS.flatMap(([name, title]) => {
    const value = annotation[name];
    const made = annotation.provenance[name];
    const text = known(value) ?? `– (${value.missing})`;
    return [make("dt", { text: title }), make("dd", { text: made ? `${text}  [${made.by}]` : text, className: known(value) === null ? "faint" : "" })];
  });
  byId("parts").replaceChildren(...rows, make("dt", { text: "file" }), make("dd", { text: annotation.source.path }));
}

const DID = { accept: "accepted it", edit: "edited it", relabel: "gave the label", reject: "took it out", skip: "skipped it" };
const LABELLED = { accept: " as", edit: ", as", relabel: "" };
const saidOf = (one) => [
  one.label === null ? DID[one.action] : `${DID[one.action]}${LABELLED[one.action]} ${one.label}`,
  one.rating === null ? "" : `rated it ${one.rating} of 5`, one.note ? `“${one.note}”` : "",
].filter(Boolean).join(", ");

function mine({ mine: own }) {
  const when = own ? new Date(own.time).toLocaleString() : "";
  byId("mine").textContent = own ? `You ${saidOf(own)} on ${when}.` : "You have not decided about this clip.";
}

function others(item) {
  const box = byId("others");
  box.hidden = item.others.length === 0;
  box.open = false; // what others said must not sway who has not decided yet
  box.querySelector("summary").textContent = `What ${item.others.length === 1 ? "another reviewer" : `${item.others.length} other reviewers`} decided`;
  box.querySelector("ul").replaceChildren(...item.others.map((one) =>
    make("li", { text: `${one.reviewer} ${saidOf(one)}.${one.text ? `\n${one.text}` : ""}` })));
}

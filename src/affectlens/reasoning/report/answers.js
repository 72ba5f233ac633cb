/* Who expresses what, why, what disagrees, what is missing, and how it was made. */

function facts() {
  const { input, language } = analysis;
  const items = [still ? "still image" : seconds(input.duration_s)];
  if (input.width && input.height) items.push(`${input.width} × ${input.height}`);
  if (input.rate_hz) items.push(`${Number(input.rate_hz.toFixed(2))} fps`);
  if (language) items.push(`language: ${language}`);
  const list = byId("facts");
  list.append(...items.map((text) => make("li", { text })));
  for (const [name, there] of Object.entries(input.streams)) {
    list.append(make("li", { text: there ? name : `no ${name}`, className: there ? "" : "faint" }));
  }
}

function personCard(person) {
  const card = make("article", { className: "person" });
  const known = person.label !== null;
  if (known) card.style.setProperty("--tone", toneOf(person.label));
  const head = make("div", { className: "head" }, make("b", { text: person.id }));
  if (known) {
    head.append("expresses", make("span", { className: "label", text: person.label }),
      make("span", { className: "num", text: `confidence ${share(person.confidence)}` }));
  } else {
    head.append(make("span", { className: "unclear", text: "shows no clear expression" }),
      make("span", { className: "num", text: `the likeliest has ${share(person.confidence)}: too low, or too close` }));
  }
  card.append(head, personShares(person), personMore(person));
  return card;
}

function personShares(person) {
  const ranked = Object.entries(person.probabilities).sort((a, b) => b[1] - a[1]);
  if (!ranked.length || ranked[0][1] - ranked.at(-1)[1] < 0.01) {
    return make("p", { className: "more", text: "Every label is equally likely." });
  }
  const shares = make("div", { className: "shares" });
  for (const [label, value] of ranked.slice(0, 4)) {
    shares.append(make("span", { text: label }), meter(value, toneOf(label)), make("span", { className: "num", text: share(value) }));
  }
  return shares;
}

function personMore(person) {
  const parts = [];
  if (person.open_vocabulary.length) parts.push(`also: ${person.open_vocabulary.join(", ")}`);
  if (person.valence !== null && person.arousal !== null) {
    parts.push(`valence ${person.valence.toFixed(2)}, arousal ${person.arousal.toFixed(2)}`);
  }
  if (person.speaking_s > 0) parts.push(`speaks ${person.speaking_s.toFixed(1)} s`);
  if (!person.track) parts.push("no face was followed");
  const line = make("p", { className: "more", text: parts.join(" · ") });
  if (person.peak_time_s !== null && !still) {
    const peak = make("button", { type: "button", text: `peak frame ${seconds(person.peak_time_s)}` });
    peak.addEventListener("click", () => seek(person.peak_time_s));
    line.append(parts.length ? " · " : "", peak);
  }
  return line;
}

function claimButton(claim, text) {
  const button = make("button", {
    type: "button", className: "claim", text, title: `${claim.modality} · ${spanText(claim.span)} · ${claim.clues.length} clue(s)`,
  });
  button.addEventListener("click", () => { seek(claim.span.start_s); choose({ claim, cites: claim.clues }); });
  chosen.addEventListener("change", ({ detail }) => {
    button.classList.toggle("chosen", detail.claim === claim);
    button.classList.toggle("cited", detail.clue !== null && claim.clues.includes(detail.clue));
  });
  return button;
}

/** The explanation with its claims as buttons where they stand, a new line for each person. */
function explain() {
  const { text, claims } = analysis.explanation;
  const box = byId("why");
  const struck = claims.filter((claim) => claim.status === "unsupported");
  const kept = claims.filter((claim) => claim.status !== "unsupported");
  const prose = make("p", { className: "text" });
  const apart = []; // claims that do not stand in the text
  let written = 0;
  let person;
  for (const claim of kept) {
    let core = claim.text.replace(/[.\s]+$/, "");
    const at = core ? text.indexOf(core, written) : -1;
    if (at < 0) { apart.push(claim); continue; }
    if (text[at + core.length] === ".") core += "."; // no full stop alone on a line
    prose.append(text.slice(written, at), person !== undefined && person !== claim.person ? make("br") : "");
    prose.append(claim.clues.length ? claimButton(claim, core) : core);
    written = at + core.length;
    person = claim.person;
  }
  prose.append(text.slice(written));
  if (!claims.length) prose.append("There is nothing to explain.");
  box.append(prose);
  if (apart.length) box.append(make("div", { className: "claims" }, ...apart.map((claim) => claimButton(claim, claim.text))));
  if (kept.some((claim) => claim.clues.length)) box.append(tray());
  if (struck.length) {
    box.append(make("details", {}, make("summary", { text: `${struck.length} struck: no clue supports it` }),
      ...struck.map((claim) => make("p", { className: "struck", text: claim.text }))));
  }
}

/** The clues that the chosen claim rests on, right below it. */
function tray() {
  const box = make("div", { id: "tray", "aria-live": "polite", text: "Choose a statement to see the clues that it rests on." });
  chosen.addEventListener("change", ({ detail }) => {
    const cited = analysis.clues.filter((clue) => detail.cited.has(clue.id));
    if (!detail.claim) return;
    box.replaceChildren(`Rests on ${cited.length} clue${cited.length === 1 ? "" : "s"}:`, make("br"), ...cited.map((clue) => {
      const button = make("button", { type: "button" }, icon(clue.modality), `${clue.text}, ${spanText(clue.span)}`);
      button.addEventListener("click", () => openClue(clue, { show: true }));
      return button;
    }));
  });
  return box;
}

function conflicts() {
  for (const person of analysis.people) {
    for (const conflict of person.conflicts) {
      const button = make("button", { type: "button", className: "conflict" },
        make("b", { text: `${person.id}, ${spanText(conflict.span)}: ` }), conflict.text);
      button.addEventListener("click", () => { seek(conflict.span.start_s); choose({ cites: conflict.clues }); });
      byId("why").append(button);
    }
  }
}

function pairs(list, entries) {
  for (const [name, value, className] of entries) {
    list.append(make("dt", { text: name }), make("dd", { text: value, className: className ?? "" }));
  }
}

function missing() {
  const reasons = new Map();
  for (const { what, why } of analysis.missing) reasons.set(why, [...(reasons.get(why) ?? []), what]);
  pairs(byId("missing"), [...reasons].map(([why, what]) => [what.join(", "), why]));
  if (!reasons.size) byId("absent").querySelector("h2").after(make("p", { className: "faint", text: "Everything was measured." }));
  byId("warnings").append(...analysis.warnings.map((text) => make("li", { text })));
}

function made() {
  const { run, input } = analysis;
  const stages = Object.entries(run.timings_s).map(([stage, time]) => `${stage} ${time.toFixed(2)} s`);
  pairs(byId("run"), [
    ["version", `affectlens ${run.version}`],
    ["model", `${run.model}, labels ${run.label_space}`],
    ["time taken", stages.join(", ")],
    ["settings", run.settings_sha256, "code"],
    ["file", input.path],
    ["file's sha256", input.sha256, "code"],
  ]);
  pairs(byId("parts"), [
    ...Object.entries(run.packages).map(([name, version]) => [name, version]),
    ...Object.entries(run.weights).map(([name, digest]) => [name, digest, "code"]),
  ]);
}

function startAnswers() {
  facts();
  byId("people").append(...analysis.people.map(personCard));
  if (!analysis.people.length) {
    byId("people").append(make("p", { text: "Nobody whose expression could be analyzed was found." }));
  }
  explain();
  conflicts();
  missing();
  made();
}

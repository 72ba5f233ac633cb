/* Every clue as a card that goes to its moment and marks the statements that cite it. */

/** Go to a clue's moment and mark it; `show` also brings its card into view. */
function openClue(clue, { show = false } = {}) {
  seek(clue.span.start_s);
  choose({ clue: clue.id });
  if (!show) return;
  showOnly(null);
  const card = document.querySelector(`.card[data-clue="${CSS.escape(clue.id)}"]`);
  card?.scrollIntoView({ block: "center" });
  card?.focus({ preventScroll: true });
}

function clueCard(clue) {
  const numbers = Object.entries(clue.numbers).map(([name, value]) => `${name.replaceAll("_", " ")} ${value === null ? "–" : Number(value.toFixed(3))}`);
  const where = [clue.person, spanText(clue.span)].filter(Boolean).join(" · ");
  const card = make("button", { type: "button", className: "card", "data-clue": clue.id },
    make("span", { className: "icon" }, icon(clue.modality)),
    make("span", { className: "text", text: clue.text }),
    make("span", { className: "where", text: `${clue.modality} · ${where}` }),
    make("span", { className: "numbers", text: numbers.join(" · ") }),
    make("span", { className: "strength" }, "strength", meter(clue.strength), make("span", { text: share(clue.strength) })));
  card.addEventListener("click", () => openClue(clue));
  chosen.addEventListener("change", ({ detail }) => {
    card.classList.toggle("chosen", detail.clue === clue.id);
    card.classList.toggle("cited", detail.cited.has(clue.id));
  });
  moments.addEventListener("time", ({ detail: time }) => card.classList.toggle("live", !still && holds(clue.span, time)));
  return make("li", { "data-modality": clue.modality }, card);
}

function showOnly(modality) {
  for (const item of byId("cards").children) item.hidden = modality !== null && item.dataset.modality !== modality;
  for (const button of byId("filters").children) {
    button.setAttribute("aria-pressed", String((button.dataset.modality ?? null) === modality));
  }
}

function filters() {
  const there = Object.keys(ICONS).filter((modality) => analysis.clues.some((clue) => clue.modality === modality));
  for (const modality of [null, ...there]) {
    const count = analysis.clues.filter((clue) => modality === null || clue.modality === modality).length;
    const button = make("button", { type: "button", "aria-pressed": String(modality === null) },
      ...(modality ? [icon(modality)] : []), `${modality ?? "all"} ${count}`);
    if (modality) button.dataset.modality = modality;
    button.addEventListener("click", () => showOnly(modality));
    byId("filters").append(button);
  }
}

function startClues() {
  const marks = () => document.querySelectorAll(".mark");
  byId("cards").append(...analysis.clues.map(clueCard));
  if (!analysis.clues.length) byId("clues").append(make("p", { className: "faint", text: "No clue was found." }));
  filters();
  chosen.addEventListener("change", ({ detail }) => {
    for (const mark of marks()) {
      mark.classList.toggle("chosen", detail.clue === mark.dataset.clue);
      mark.classList.toggle("cited", detail.cited.has(mark.dataset.clue));
    }
  });
}

/* Lanes over one time axis: labels, probabilities, action units, words and clues. */

// A long clip starts with about two minutes in view.
let zoomed = Math.max(1, 2 ** Math.round(Math.log2(duration / 120)));
const tracks = byId("tracks");
const across = (time) => `${(100 * Math.max(0, Math.min(time, duration))) / duration}%`;
const wide = (span) => `${(100 * Math.max(0, Math.min(span.end_s, duration) - span.start_s)) / duration}%`;

function row(name, lane, className = "") {
  const label = name instanceof Node ? name : make("div", { className: "name", text: name });
  const element = make("div", { className: `row ${className}` }, label, lane);
  tracks.append(element);
  return element;
}

function placed(element, span) {
  element.style.left = across(span.start_s);
  element.style.width = wide(span);
  return element;
}

function ruler() {
  const lane = make("div", {
    className: "lane ruler", role: "slider", tabindex: "0", "aria-label": "Moment", "aria-valuemin": "0",
    "aria-valuemax": duration.toFixed(1),
  });
  const fill = () => {
    const step = [0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800].find(
      (s) => (s / duration) * lane.clientWidth >= 64) ?? 3600;
    const ticks = [];
    for (let i = 0; i * step <= duration + 1e-9; i += 1) {
      const tick = make("span", { text: seconds(i * step, step < 1 ? 1 : 0) });
      tick.style.left = across(i * step);
      if (i * step > duration * 0.97) tick.className = "last";
      const line = make("i");
      line.style.left = across(i * step);
      ticks.push(tick, line);
    }
    lane.replaceChildren(...ticks);
  };
  moments.addEventListener("time", ({ detail: time }) => {
    lane.setAttribute("aria-valuenow", time.toFixed(1));
    lane.setAttribute("aria-valuetext", `${seconds(time)}. ${analysis.people.map((person) =>
      `${person.id} ${segmentAt(person, time)?.label ?? "unclear"}`).join(", ")}`);
  });
  row("", lane);
  return fill;
}

function segmentLane(person) {
  const dense = person.segments.length > 300 * zoomed ? "dense" : "";
  const said = person.segments.map((s) => `${spanText(s.span)} ${s.label ?? "unclear"} ${share(s.confidence)}`);
  const lane = make("div", { className: `lane segments ${dense}`, role: "group", "aria-label": `${person.id}: ${said.join("; ")}` });
  for (const segment of person.segments) {
    const bar = make("i");
    bar.style.height = `${100 * segment.confidence}%`;
    const alone = Object.entries(segment.modalities).map(([modality, shares]) => {
      const [best, value] = Object.entries(shares).sort((a, b) => b[1] - a[1])[0] ?? [];
      return best ? `\n${modality} alone: ${best} ${share(value)}` : "";
    });
    const what = segment.label ?? "unclear";
    const button = make("button", {
      type: "button", tabindex: "-1", className: `seg ${segment.label ? "" : "unclear"}`,
      "aria-label": `${person.id} ${spanText(segment.span)}: ${what}, confidence ${share(segment.confidence)}`,
      title: `${person.id} · ${spanText(segment.span)}\n${what}, confidence ${share(segment.confidence)}${alone.join("")}`,
    }, bar, make("span", { text: what }));
    button.style.setProperty("--tone", toneOf(segment.label));
    button.addEventListener("click", () => { seek(segment.span.start_s); choose({ cites: segment.clues }); });
    lane.append(placed(button, segment.span));
  }
  if (person.peak_time_s !== null) {
    const peak = make("button", {
      type: "button", tabindex: "-1", className: "peak", text: "▲", "aria-label": `Peak of ${person.id}'s face`,
      title: `Peak frame: ${person.id}'s face is most active at ${seconds(person.peak_time_s)}`,
    });
    peak.style.left = across(person.peak_time_s);
    peak.addEventListener("click", () => seek(person.peak_time_s));
    lane.append(peak);
  }
  row(person.id, lane, "who");
}

function curveLane(person) {
  const drawing = makeSvg("svg", { viewBox: "0 0 1000 100", preserveAspectRatio: "none", "aria-hidden": "true" });
  for (const label of Object.keys(person.probabilities)) {
    const points = person.segments.flatMap((segment) => {
      const y = (97 - 94 * (segment.probabilities[label] ?? 0)).toFixed(2);
      return [segment.span.start_s, segment.span.end_s].map((time) => `${((1000 * time) / duration).toFixed(2)} ${y}`);
    });
    const line = makeSvg("path", { d: `M${points.join("L")}` });
    line.style.stroke = toneOf(label);
    if (points.length) drawing.append(line);
  }
  const lane = make("div", { className: "lane curves" }, drawing);
  tip(lane, (event) => {
    const segment = segmentAt(person, timeUnder(event, lane));
    const shares = Object.entries(segment?.probabilities ?? {}).sort((a, b) => b[1] - a[1]);
    return segment ? `${person.id} · ${spanText(segment.span)}\n${shares.map(([l, p]) => `${l} ${share(p)}`).join("\n")}` : "";
  });
  row("probability", lane);
}

/** Things with a span in as few lines as possible, so that none covers another. */
function stacked(items, least) {
  const ends = [];
  return items.map((item) => {
    let line = ends.findIndex((end) => end <= item.span.start_s + 1e-6);
    if (line < 0) line = ends.length;
    ends[line] = Math.max(item.span.end_s, item.span.start_s + least);
    return { item, line, lines: ends };
  });
}

function wordLane() {
  if (!analysis.transcript.length) return;
  const lane = make("div", { className: "lane words" });
  const rows = stacked(analysis.transcript, duration / 40 / zoomed);
  const chips = rows.map(({ item: said, line }) => {
    const who = said.person ? `${said.person}: ` : "";
    const chip = make("button", {
      type: "button", className: "chip", text: who + said.text, title: `${spanText(said.span)}\n${who}${said.text}`,
    });
    chip.style.top = `${2 + 25 * line}px`;
    chip.addEventListener("click", () => seek(said.span.start_s));
    lane.append(placed(chip, said.span));
    return [chip, said];
  });
  lane.style.height = `${4 + 25 * Math.max(...rows.map(({ lines }) => lines.length))}px`;
  moments.addEventListener("time", ({ detail: time }) => {
    for (const [chip, said] of chips) chip.classList.toggle("live", holds(said.span, time));
  });
  row("words", lane);
}

function clueLanes() {
  for (const modality of Object.keys(ICONS)) {
    const mine = analysis.clues.filter((clue) => clue.modality === modality);
    if (!mine.length) continue;
    const lane = make("div", { className: "lane" });
    const rows = stacked([...mine].sort((a, b) => a.span.start_s - b.span.start_s), duration / 150 / zoomed);
    for (const { item: clue, line } of rows) {
      const mark = make("button", {
        type: "button", tabindex: "-1", className: "mark", "aria-label": clue.text, "data-clue": clue.id,
        title: `${clue.person ? `${clue.person} · ` : ""}${spanText(clue.span)}\n${clue.text}`,
      });
      mark.style.top = `${4 + 12 * line}px`;
      mark.style.opacity = String(0.35 + 0.65 * clue.strength);
      mark.addEventListener("click", () => openClue(clue));
      lane.append(placed(mark, clue.span));
    }
    lane.style.height = `${8 + 12 * Math.max(...rows.map(({ lines }) => lines.length))}px`;
    row(`${modality} clues`, lane);
  }
}

function timeUnder(event, lane) {
  const { left, width } = lane.getBoundingClientRect();
  return Math.max(0, Math.min(1, (event.clientX - left) / width)) * duration;
}

/** Pressing or dragging anywhere on the lanes moves the playhead. */
function dragging() {
  let lane = null;
  tracks.addEventListener("pointerdown", (event) => {
    lane = event.target.closest("button") || event.button ? null : event.target.closest(".lane");
    if (lane) seek(timeUnder(event, lane));
  });
  addEventListener("pointermove", (event) => { if (lane && event.buttons) seek(timeUnder(event, lane)); });
  for (const name of ["pointerup", "pointercancel"]) addEventListener(name, () => { lane = null; });
}

function playhead() {
  const line = make("div", { id: "head", "aria-hidden": "true" });
  tracks.append(line);
  const scroll = byId("scroll");
  moments.addEventListener("time", ({ detail: time }) => {
    line.style.left = `calc(var(--gutter) + (100% - var(--gutter)) * ${time / duration})`;
    const gutter = parseFloat(getComputedStyle(scroll).getPropertyValue("--gutter"));
    const x = gutter + (tracks.clientWidth - gutter) * (time / duration);
    const seen = x - scroll.scrollLeft;
    if (zoomed > 1 && (seen < gutter || seen > scroll.clientWidth - 20)) scroll.scrollLeft = x - scroll.clientWidth / 2;
  });
}

function legend() {
  const labels = Object.keys(analysis.people[0]?.probabilities ?? {});
  for (const label of labels) {
    const item = make("li", {}, make("i"), label);
    item.style.setProperty("--tone", toneOf(label));
    byId("legend").append(item);
  }
  if (labels.length) byId("legend").append(make("li", { className: "unclear" }, make("i"), "unclear"));
}

function startTimeline() {
  if (still) {
    byId("timeline-title").textContent = "Action units";
    byId("zoom").hidden = true;
    byId("timeline").hidden = !analysis.people.length;
    for (const person of analysis.people) unitBars(person);
    return;
  }
  legend();
  const redraw = [ruler()];
  wordLane();
  for (const person of analysis.people) {
    segmentLane(person);
    curveLane(person);
    redraw.push(unitLane(person));
  }
  clueLanes();
  playhead();
  dragging();
  const draw = () => { for (const part of redraw) part?.(); };
  new ResizeObserver(draw).observe(tracks);
  document.addEventListener("themechange", draw);
  const zoom = (factor) => {
    zoomed = Math.max(1, Math.min(128, zoomed * factor));
    tracks.style.width = `${100 * zoomed}%`;
    draw();
    told = -1; // the playhead comes back into view
    tellTime();
  };
  byId("zoom").addEventListener("click", (event) => zoom(Number(event.target.dataset.zoom || 1)));
  zoom(1);
}

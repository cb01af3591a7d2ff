// The page: filters, list, detail, fleet, keys. Texts are only ever set as text.
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const $ = (id) => document.getElementById(id);
  const make = (name, text, className) => {
    const element = document.createElement(name);
    if (text !== undefined) element.textContent = text;
    if (className) element.className = className;
    return element;
  };
  const STEP = 60, WAY = 200, MANY = 20;
  const findings = data.findings, RANK = { error: 3, warning: 2, info: 1 };
  const NAMES = { error: "error", warning: "warning", info: "note" };
  findings.forEach((item, number) => {
    item.lane = data.finding_lanes[number];
    item.scope = data.lanes[item.lane][0];
    item.who = data.words[data.lanes[item.lane][1]];
    item.text = [item.rule, item.name, item.message, item.who, item.host, item.session, item.instance, item.event, item.path, item.blame]
      .join(" ").toLowerCase();
  });
  let shown = [], listed = 0, chosen = -1, fleet = [], fleetShown = 0;
  const timeline = makeTimeline(data, $("lanes"), $("canvas"), $("lanes-space"), pickMark, tellMark);
  const fields = ["session", "writer", "rule", "severity", "text"].map((name) => $("f-" + name));
  const [fSession, fWriter, fRule, fSeverity, fText] = fields;

  // --- Filters -----------------------------------------------------------------------------------
  function fill(select, everything, pairs) {
    const options = [make("option", everything)];
    options[0].value = "";
    for (const [value, text] of pairs) { const o = make("option", text); o.value = value; options.push(o); }
    select.replaceChildren(...options);
  }
  function tally(values) {
    const counts = new Map();
    for (const value of values) counts.set(value, (counts.get(value) || 0) + 1);
    return [...counts].sort((a, b) => (a[0] < b[0] ? -1 : 1));
  }
  function fillFilters() {
    fill(fSession, "all", data.sessions.map((_, n) => [n, sessionLabel(data, n)]));
    const writers = data.lanes.filter((lane) => lane[2] !== "requester").map((lane) => data.words[lane[1]]);
    fill(fWriter, "all", tally(writers).map(([name]) => [name, name]));
    fill(fRule, "all", tally(findings.map((f) => f.rule)).map(([code, n]) => [code, code + " (" + n + ")"]));
    const present = tally(findings.map((f) => f.severity)).sort((a, b) => RANK[b[0]] - RANK[a[0]]);
    fill(fSeverity, "all", present.map(([name, n]) => [name, NAMES[name] + " (" + n + ")"]));
  }
  function apply() {
    const text = fText.value.trim().toLowerCase();
    const scope = fSession.value === "" ? -1 : Number(fSession.value);
    shown = [];
    findings.forEach((f, number) => {
      if ((scope < 0 || f.scope === scope) && (!fWriter.value || f.who === fWriter.value) &&
          (!fRule.value || f.rule === fRule.value) && (!fSeverity.value || f.severity === fSeverity.value) &&
          (!text || f.text.includes(text))) shown.push(number);
    });
    const narrowed = fRule.value || fSeverity.value || text;
    const hits = narrowed ? new Set(shown.map((n) => findings[n].scope)) : null;
    const scopes = data.sessions.map((_, n) => n).filter((n) => (scope < 0 || n === scope) && (!hits || hits.has(n)));
    const wanted = new Set(scopes), lanes = [];
    data.lanes.forEach((lane, n) => {
      if (wanted.has(lane[0]) && (!fWriter.value || data.words[lane[1]] === fWriter.value)) lanes.push(n);
    });
    timeline.show(scopes, lanes);
    nameAxis();
    list();
    markFleet();
    if (!shown.includes(chosen)) choose(shown.length ? worst(shown) : -1);
    else timeline.reveal(markOf(chosen));
  }
  const worst = (numbers) => numbers.reduce((a, b) => (RANK[findings[b].severity] > RANK[findings[a].severity] ? b : a));

  // --- Findings ----------------------------------------------------------------------------------
  function list() {
    listed = 0;
    $("list").replaceChildren();
    $("list-count").textContent = !findings.length ? "Nothing was found." :
      shown.length === findings.length ? findings.length + " in all" : shown.length + " of " + findings.length + " match the filter";
    more();
  }
  function more() {
    const items = shown.slice(listed, listed + STEP).map((number) => {
      const f = findings[number], item = make("li"), button = make("button", undefined, f.severity);
      button.type = "button";
      button.dataset.number = number;
      button.append(make("span", NAMES[f.severity], "tag " + f.severity), " ", make("strong", f.rule), " " + f.name);
      const where = [f.who !== "(nobody named)" ? f.who : "", f.event, f.session].filter(Boolean).join(", ");
      button.append(make("br"), make("span", f.path + ":" + f.line + (where ? " - " + where : ""), "where"));
      if (number === chosen) button.setAttribute("aria-current", "true");
      item.append(button);
      return item;
    });
    $("list").append(...items);
    listed += items.length;
    $("list-more").hidden = listed >= shown.length;
  }
  const buttonOf = (number) => $("list").querySelector('button[data-number="' + number + '"]');
  const markOf = (number) => (number < 0 ? -1 : timeline.find(findings[number].lane, findings[number].line));

  function choose(number, focus) {
    const before = chosen >= 0 && buttonOf(chosen);
    if (before) before.removeAttribute("aria-current");
    chosen = number;
    const mark = markOf(number);
    timeline.reveal(mark);
    if (mark >= 0) tellMark(mark);
    if (number < 0) { showNothing(); return; }
    while (listed < shown.length && shown.indexOf(number) >= listed) more();
    const button = buttonOf(number);
    if (button) {
      button.setAttribute("aria-current", "true");
      if (focus === "list") button.focus();
    }
    showFinding(findings[number]);
    if (focus === "detail") $("detail").focus();
  }
  function step(by) {
    if (!shown.length) return;
    const at = shown.indexOf(chosen);
    choose(shown[at < 0 ? 0 : Math.max(0, Math.min(shown.length - 1, at + by))], "list");
  }

  // --- Detail ------------------------------------------------------------------------------------
  function row(body, label, ...parts) {
    const held = parts.filter((part) => part !== "" && part !== null && part !== undefined);
    if (!held.length) return;
    const cell = make("dd");
    for (const part of held) cell.append(typeof part === "string" ? make("p", part) : part);
    body.append(make("dt", label), cell);
  }
  function items(texts, name) {
    const element = make(name || "ul");
    element.append(...texts.map((text) => (typeof text === "string" ? make("li", text) : text)));
    return element;
  }
  const either = (names) => (names.length < 2 ? names.join("") : names.slice(0, -1).join(", ") + " or " + names[names.length - 1]);
  function edit([op, line, event]) {
    if (op === "insert") return "insert " + event + " before line " + line;
    return op === "drop" ? "drop line " + line + " (" + event + ")" : "line " + line + ": replace it by a bare " + event + ", which reports nothing";
  }
  function place(lane, line) {
    const scope = data.sessions[data.lanes[lane][0]], instance = data.lanes[lane][3];
    const parts = [scope.host && "host " + scope.host, scope.session && "session " + scope.session, instance && "instance " + instance];
    return [scope.path + ":" + line, ...parts].filter(Boolean).join(", ");
  }
  function page(slug) {
    const [title, address] = data.pages[slug], item = make("li");
    if (!address.startsWith("https://")) { item.textContent = title; return item; }
    const link = make("a", title);
    link.href = address;
    link.rel = "noreferrer noopener";
    item.append(link);
    return item;
  }
  function title(text, severity) {
    $("detail-title").replaceChildren();
    if (severity) $("detail-title").append(make("span", NAMES[severity], "tag " + severity), " ");
    $("detail-title").append(text);
  }
  function showNothing() {
    title(findings.length ? "Nothing matches" : "Nothing was found");
    $("detail-body").replaceChildren(make("p", findings.length ? "Clear the filter to see all findings." : "Choose a record in the timeline to read it."));
    clearTimeout(drawing);
    $("figure").hidden = true;
  }
  function showFinding(f) {
    const rule = data.rules[f.rule], body = make("dl"), mark = timeline.find(f.lane, f.line);
    title(f.rule + " " + f.name, f.severity);
    const saw = f.event ? f.event + (f.who && f.who !== "(nobody named)" ? " of " + f.who : "") : "";
    row(body, "Saw", saw, mark >= 0 ? says(mark) : "", place(f.lane, f.line));
    if (f.states.length) {
      const since = f.since_line ? "since " + (f.since_event && f.since_event + " on ") + "line " + f.since_line +
        (f.since_path ? " of " + f.since_path : "") : "";
      row(body, "State", items(f.states.map((s) => s + (data.states[s] ? ": " + data.states[s] : ""))), since);
    }
    row(body, "Expected", either(f.expected));
    row(body, "Because", rule.says, rule.why, rule.ruling && "Ruling: " + rule.ruling, "Evidence: " + f.grade + ". Pages:", items(f.sources.map(page)));
    row(body, "At stake", rule.stake);
    row(body, "Next", rule.next);
    row(body, "Repair", f.repair.length ? items(f.repair.map(edit), "ol") : "");
    row(body, "Blame", f.blame);
    $("detail-body").replaceChildren(make("p", f.message), body);
    showWay(f.lane, f.line);
  }
  const says = (i) => data.words[data.marks.says[i]];
  function when(i) {
    const time = data.marks.time[i];
    return time === null ? "" : new Date(data.base_ms + time / 1000).toISOString();
  }
  function showMark(i) {
    const lane = data.marks.lane[i], line = data.marks.line[i], body = make("dl");
    title(data.words[data.marks.event[i]] + " of " + data.words[data.lanes[lane][1]]);
    row(body, "Says", says(i) || "nothing but its name");
    row(body, "When", when(i));
    row(body, "Where", place(lane, line));
    const freezes = data.freezes.filter((z) => z[0] === lane && (z[1] === i || z[2] === i));
    row(body, "Freeze", ...freezes.map(timeline.freezeText));
    $("detail-body").replaceChildren(make("p", "Nothing was found on this line."), body);
    showWay(lane, line);
  }

  // --- The machine -------------------------------------------------------------------------------
  // Drawing the way is a task of its own: it comes last, and of several only the newest.
  let drawing = 0;
  function showWay(lane, line) {
    $("figure").hidden = !(data.ways[lane] && data.ways[lane].steps.length);
    clearTimeout(drawing);
    drawing = setTimeout(() => drawWay(lane, line), 30);
  }
  function drawWay(lane, line) {
    const way = data.ways[lane], steps = way ? way.steps : [];
    if (!steps.length) return;
    $("figure-title").textContent = "The machine, with the path of " + data.words[data.lanes[lane][1]] + " up to line " + line;
    const broken = new Set(findings.filter((f) => f.lane === lane && f.severity !== "info").map((f) => f.rule));
    const until = steps.filter((s) => s[0] <= line);
    const lit = until.length ? until : steps;
    writeSteps(steps, lit.length, line);
    const machines = (data.machines[way.region] || []).map((machine) => ({ machine, parts: light(machine, lit, broken) }));
    machines.sort((a, b) => b.parts.steps - a.parts.steps);
    $("machine-bar").replaceChildren(...(machines.length < 2 ? [] : machines.map((entry) => {
      const button = make("button", entry.machine.title);
      button.type = "button";
      button.addEventListener("click", () => present(entry, machines));
      return button;
    })));
    if (machines.length) present(machines[0], machines);
    else stow();
  }
  function light(machine, steps, broken) {
    const lit = new Set(), wrong = new Set();
    let known = 0;
    for (const [, source, event, target, code] of steps) {
      const [a, e, b] = [data.words[source], data.words[event], data.words[target]];
      const parts = machine.steps[a + " " + e + " " + b];
      if (parts) { known++; parts.forEach((part) => lit.add(part)); }
      for (const state of [a, b]) if (machine.states[state]) lit.add(machine.states[state]);
      if (broken.has(data.words[code]) && machine.states[a]) wrong.add(machine.states[a]);
    }
    const last = machine.states[data.words[steps[steps.length - 1][3]]];
    return { steps: known, lit, wrong, last };
  }
  function stow() { for (const held of [...$("machine-box").children]) $("machines").append(held); }
  function present(entry, machines) {
    const picture = $("machine-" + entry.machine.name), box = $("machine-box");
    if (picture.parentNode !== box) { stow(); box.append(picture); }
    [...$("machine-bar").children].forEach((b, n) => b.setAttribute("aria-pressed", String(machines[n] === entry)));
    let target = null;
    for (const part of picture.querySelectorAll("[data-part]")) {
      const name = part.dataset.part;
      part.classList.toggle("lit", entry.parts.lit.has(name));
      part.classList.toggle("broken", entry.parts.wrong.has(name));
      if (entry.parts.wrong.has(name) || (!target && name === entry.parts.last)) target = part;
    }
    const svg = picture.querySelector("svg");
    svg.setAttribute("role", "img");
    svg.setAttribute("aria-label", entry.machine.title + "; the way is written below");
    if (target) setTimeout(() => {
      const [inner, outer] = [target.getBoundingClientRect(), box.getBoundingClientRect()];
      box.scrollTop += inner.top + inner.height / 2 - outer.top - outer.height / 2;
      box.scrollLeft += inner.left + inner.width / 2 - outer.left - outer.width / 2;
    }, 0);
  }
  function writeSteps(steps, lit, line) {
    const first = Math.max(0, Math.min(lit - WAY / 2, steps.length - WAY)), part = steps.slice(first, first + WAY);
    const list = $("way-steps");
    list.start = first + 1;
    list.replaceChildren(...part.map(([at, source, event, target, code], n) => {
      const [a, e, b, c] = [source, event, target, code].map((word) => data.words[word]);
      const text = "line " + at + ": " + e + (a === b ? ", stays in " + a : ", from " + a + " to " + b) + (c ? "; " + c : "");
      return make("li", text, at === line ? "now" : first + n >= lit ? "after" : "");
    }));
  }

  // --- Timeline ----------------------------------------------------------------------------------
  function tellMark(i) {
    const lane = data.marks.lane[i], f = findings[data.marks.finding[i]], text = says(i);
    const parts = ["line " + data.marks.line[i], when(i), data.words[data.lanes[lane][1]],
      data.words[data.marks.event[i]] + (text ? " (" + text + ")" : ""), f ? f.rule + " " + f.name : ""];
    $("hover").textContent = parts.filter(Boolean).join(" - ");
  }
  function pickMark(i, focus) {
    const number = data.marks.finding[i];
    if (number >= 0 && shown.includes(number)) { choose(number, focus ? "detail" : ""); return; }
    const before = chosen >= 0 && buttonOf(chosen);
    if (before) before.removeAttribute("aria-current");
    chosen = -1;
    timeline.reveal(i);
    tellMark(i);
    if (number >= 0) showFinding(findings[number]); else showMark(i);
    if (focus) $("detail").focus();
  }
  function nameAxis() {
    $("axis").textContent = timeline.axis();
    $("axis").disabled = !timeline.canTime();
    $("axis").title = timeline.canTime() ? "Switch between time and order of records" : "Some of these records have no time";
  }

  // --- Fleet -------------------------------------------------------------------------------------
  function makeFleet() {
    const order = { VIOLATES: 0, INCONCLUSIVE: 1, CONFORMS: 2, "": 3 };
    const keys = data.sessions.map((s) => [order[s.verdict], -s.error, -s.warning]);
    fleet = data.sessions.map((_, n) => n);
    fleet.sort((a, b) => keys[a][0] - keys[b][0] || keys[a][1] - keys[b][1] || keys[a][2] - keys[b][2] || a - b);
    const longest = new Map();
    for (const freeze of data.freezes) {
      const scope = data.lanes[freeze[0]][0], known = longest.get(scope);
      if (!known || (freeze[3] || 0) > (known[3] || 0)) longest.set(scope, freeze);
    }
    data.sessions.forEach((s, n) => { s.freeze = longest.has(n) ? timeline.freezeText(longest.get(n)) : ""; });
    moreFleet();
    if (fleet.length <= MANY) $("keys").before($("fleet"));
  }
  function moreFleet() {
    const rows = fleet.slice(fleetShown, fleetShown + STEP).map((n) => {
      const s = data.sessions[n], line = make("tr"), name = make("td"), button = make("button", sessionLabel(data, n));
      button.type = "button";
      button.dataset.scope = n;
      button.setAttribute("aria-pressed", String(fSession.value === String(n)));
      name.append(button);
      const verdict = make("td");
      verdict.append(s.verdict ? make("span", s.verdict, "verdict " + s.verdict) : "not a session");
      line.append(name, verdict, ...[s.error, s.warning, s.info, s.writers, s.records].map((v) => make("td", String(v), "number")));
      line.append(make("td", s.freeze), make("td", either(s.owed)));
      return line;
    });
    $("fleet-rows").append(...rows);
    fleetShown += rows.length;
    $("fleet-more").hidden = fleetShown >= fleet.length;
  }
  function markFleet() {
    for (const button of $("fleet-rows").querySelectorAll("button")) {
      button.setAttribute("aria-pressed", String(button.dataset.scope === fSession.value));
    }
  }

  // --- Wiring ------------------------------------------------------------------------------------
  let waiting = 0;
  fText.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(apply, 120); });
  for (const field of fields.slice(0, 4)) field.addEventListener("change", apply);
  $("filters").addEventListener("submit", (event) => event.preventDefault());
  $("filters").addEventListener("reset", () => setTimeout(apply, 0));
  $("list-more").addEventListener("click", more);
  $("fleet-more").addEventListener("click", moreFleet);
  $("list").addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (button) choose(Number(button.dataset.number));
  });
  $("list").addEventListener("keydown", (event) => {
    const button = event.target.closest("button");
    if (button && event.key === "Enter") { event.preventDefault(); choose(Number(button.dataset.number), "detail"); }
    if (event.key === "ArrowDown" || event.key === "ArrowUp") { event.preventDefault(); step(event.key === "ArrowDown" ? 1 : -1); }
  });
  $("fleet-rows").addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    fSession.value = fSession.value === button.dataset.scope ? "" : button.dataset.scope;
    apply();
  });
  $("zoom-in").addEventListener("click", () => timeline.zoom(0.6));
  $("zoom-out").addEventListener("click", () => timeline.zoom(1 / 0.6));
  $("zoom-fit").addEventListener("click", timeline.fit);
  $("axis").addEventListener("click", () => { timeline.switchAxis(); nameAxis(); });
  const themes = ["system", "light", "dark"];
  $("theme").addEventListener("click", () => {
    const root = document.documentElement, next = themes[(themes.indexOf(root.dataset.theme || "system") + 1) % 3];
    if (next === "system") delete root.dataset.theme; else root.dataset.theme = next;
    $("theme").textContent = "Theme: " + next;
    timeline.recolor();
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", timeline.recolor);
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const typing = /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName);
    if (event.key === "Escape") { escape(typing, event); return; }
    if (typing) return;
    const act = { j: () => step(1), k: () => step(-1), "/": () => fText.focus(), "+": () => timeline.zoom(0.6),
      "=": () => timeline.zoom(0.6), "-": () => timeline.zoom(1 / 0.6), 0: timeline.fit }[event.key];
    if (act) { event.preventDefault(); act(); }
  });
  function escape(typing, event) {
    if ($("detail").contains(event.target) && chosen >= 0) { const b = buttonOf(chosen); if (b) b.focus(); return; }
    if (typing && event.target !== fText) return;
    $("filters").reset();
    if (typing) fText.blur();
  }

  const legend = ["\u25A0 a requester's call", "\u25CF a writer's event", "\u25C6 a status seen", "\u25CB refused or failed", "\u25B2 error or warning", "\u25AE freeze; dashed: its budget"];
  if (data.left_out) legend.push(data.left_out + " records of sessions with nothing to say are left out");
  $("legend").replaceChildren(...legend.map((text) => make("span", text)));
  for (const id of ["theme", "filters", "pair", "keys"]) $(id).hidden = false;
  $("timeline").hidden = !data.marks.line.length;
  $("fleet").hidden = data.sessions.length < 2;
  // Each of these is a task of its own, so that none is long.
  [fillFilters, makeFleet, apply].forEach((act, n) => setTimeout(act, n));
})();

"use strict";
// The timeline: rows of lanes on one canvas. Only what is in sight is drawn, and of marks that fall
// on the same pixel only the worst, so that the work does not grow with the number of records.

function makeTimeline(data, box, canvas, space, pick, hover) {
  const ROW = 24, TOP = 24, CALL = 0, EVENT = 1, STATUS = 2;
  const RANK = { error: 3, warning: 2, info: 1 };
  const marks = data.marks, total = marks.line.length;
  const pen = canvas.getContext("2d");
  const ofLane = data.lanes.map(() => []);
  for (let i = 0; i < total; i++) ofLane[marks.lane[i]].push(i);
  const place = new Map();
  for (let i = total - 1; i >= 0; i--) place.set(marks.lane[i] + ":" + marks.line[i], i);
  const freezesOf = new Map();
  for (const freeze of data.freezes) {
    if (!freezesOf.has(freeze[0])) freezesOf.set(freeze[0], []);
    freezesOf.get(freeze[0]).push(freeze);
  }
  const rank = new Int8Array(total);
  for (let i = 0; i < total; i++) {
    if (marks.finding[i] >= 0) rank[i] = RANK[data.findings[marks.finding[i]].severity];
  }
  const xs = new Float64Array(total);
  let rows = [], rowOf = new Map(), sorted = new Map();
  let low = 0, high = 1, from = 0, to = 1, byTime = true, canTime = true;
  let width = 0, height = 0, gutter = 0, chosen = -1, pending = false, colors = {};

  // --- What is shown -----------------------------------------------------------------------------
  function show(sessions, lanes) {
    const bySession = new Map(sessions.map((s) => [s, []]));
    for (const lane of lanes) bySession.get(data.lanes[lane][0]).push(lane);
    rows = [];
    for (const [session, held] of bySession) {
      if (!held.length) continue;
      rows.push({ session });
      for (const lane of held) rows.push({ lane });
    }
    rowOf = new Map();
    rows.forEach((row, number) => { if ("lane" in row) rowOf.set(row.lane, number); });
    arrange();
  }

  function arrange() {
    const seen = [];
    for (const row of rows) if ("lane" in row) for (const i of ofLane[row.lane]) seen.push(i);
    seen.sort((a, b) => a - b);
    canTime = seen.every((i) => marks.time[i] !== null);
    const timed = byTime && canTime;
    low = Infinity; high = -Infinity;
    seen.forEach((i, place) => {
      xs[i] = timed ? marks.time[i] : place;
      if (xs[i] < low) low = xs[i];
      if (xs[i] > high) high = xs[i];
    });
    if (!seen.length) { low = 0; high = 1; }
    sorted = new Map();
    for (const row of rows) {
      if ("lane" in row) sorted.set(row.lane, [...ofLane[row.lane]].sort((a, b) => xs[a] - xs[b] || a - b));
    }
    const pad = (high - low || 1) * 0.02;
    low -= pad; high += pad;
    from = low; to = high;
    resize();
  }

  function resize() {
    const most = window.innerWidth < 800 ? 230 : Math.max(150, Math.min(300, window.innerHeight * 0.3));
    height = Math.min(rows.length * ROW + TOP + 6, most);
    box.style.height = height + 2 + "px";
    space.style.height = Math.max(0, rows.length * ROW + TOP + 6 - height) + "px";
    width = box.clientWidth;
    gutter = width < 600 ? 104 : 220;
    const scale = window.devicePixelRatio || 1;
    canvas.width = Math.max(1, Math.round(width * scale));
    canvas.height = Math.max(1, Math.round(height * scale));
    canvas.style.width = width + "px";
    canvas.style.height = height + "px";
    pen.setTransform(scale, 0, 0, scale, 0, 0);
    draw();
  }

  // --- Drawing -----------------------------------------------------------------------------------
  const names = ["back", "raised", "line", "text", "quiet", "error", "warning", "info", "call", "event", "status", "freeze", "frozen", "chosen"];
  function readColors() {
    const style = getComputedStyle(document.documentElement);
    for (const name of names) colors[name] = style.getPropertyValue("--" + name).trim();
  }

  function draw() {
    if (pending) return;
    pending = true;
    requestAnimationFrame(() => { pending = false; paint(); });
  }

  const toX = (value) => gutter + ((value - from) / (to - from)) * (width - gutter);
  const toValue = (x) => from + ((x - gutter) / (width - gutter)) * (to - from);

  function paint() {
    pen.clearRect(0, 0, width, height);
    pen.font = "12px system-ui, sans-serif";
    pen.textBaseline = "middle";
    const first = Math.floor(box.scrollTop / ROW), last = Math.ceil((box.scrollTop + height) / ROW);
    for (let number = first; number < Math.min(last, rows.length); number++) {
      const y = TOP + number * ROW - box.scrollTop;
      if ("session" in rows[number]) paintSession(rows[number].session, y);
      else paintLane(rows[number].lane, y + ROW / 2);
    }
    paintAxis();
  }

  function clip(text, room) {
    if (pen.measureText(text).width <= room) return text;
    let size = Math.min(text.length, Math.ceil(room / 4));
    while (size > 1 && pen.measureText(text.slice(0, size) + "\u2026").width > room) size--;
    return text.slice(0, size) + "\u2026";
  }

  function paintSession(session, y) {
    pen.fillStyle = colors.raised;
    pen.fillRect(0, y, width, ROW);
    pen.fillStyle = colors.text;
    pen.font = "600 12px system-ui, sans-serif";
    pen.fillText(clip(sessionLabel(data, session), width - 16), 8, y + ROW / 2);
    pen.font = "12px system-ui, sans-serif";
  }

  function paintLane(lane, y) {
    pen.fillStyle = colors.text;
    pen.fillText(clip(data.words[data.lanes[lane][1]], gutter - 24), 16, y);
    pen.save();
    pen.beginPath();
    pen.rect(gutter, y - ROW / 2, width - gutter, ROW);
    pen.clip();
    for (const freeze of freezesOf.get(lane) || []) paintFreeze(freeze, y);
    pen.strokeStyle = colors.line;
    pen.lineWidth = 1;
    pen.beginPath(); pen.moveTo(gutter, y); pen.lineTo(width, y); pen.stroke();
    const held = sorted.get(lane), begin = search(held, toValue(gutter - 9));
    const above = [];
    let column = -1, best = -1;
    for (let at = begin; at < held.length; at++) {
      const i = held[at], x = Math.round(toX(xs[i]));
      if (x > width + 8) break;
      if (x === column && rank[i] <= best) continue;
      best = rank[i]; column = x;
      if (rank[i] >= 2) above.push([i, x]); else paintMark(i, x, y);
    }
    for (const [i, x] of above) paintMark(i, x, y);
    if (chosen >= 0 && marks.lane[chosen] === lane) paintChosen(toX(xs[chosen]), y);
    pen.restore();
  }

  function search(held, value) {
    let a = 0, b = held.length;
    while (a < b) { const m = (a + b) >> 1; if (xs[held[m]] < value) a = m + 1; else b = m; }
    return a;
  }

  function paintFreeze(freeze, y) {
    const [, start, end, , budget] = freeze;
    const x = toX(xs[start]), stop = end === null ? width : toX(xs[end]);
    if (stop < gutter || x > width) return;
    pen.fillStyle = colors.freeze;
    pen.fillRect(x, y - ROW / 2 + 2, Math.max(1, stop - x), ROW - 4);
    const timed = byTime && canTime, limit = toX(xs[start] + budget * 1000);
    if (timed) {
      pen.strokeStyle = limit < stop ? colors.error : colors.frozen;
      pen.lineWidth = 2;
      pen.setLineDash([4, 3]);
      pen.beginPath(); pen.moveTo(limit, y - ROW / 2 + 1); pen.lineTo(limit, y + ROW / 2 - 1); pen.stroke();
      pen.setLineDash([]);
      if (limit < stop) {
        pen.fillStyle = colors.error;
        pen.fillRect(limit, y + ROW / 2 - 5, stop - limit, 3);
      }
    }
    const text = freezeText(freeze), room = Math.min(stop, width) - Math.max(x, gutter) - 20;
    pen.fillStyle = colors.text;
    pen.font = "11px system-ui, sans-serif";
    if (pen.measureText(text).width < room) pen.fillText(text, Math.max(x, gutter) + 10, y - 5);
    pen.font = "12px system-ui, sans-serif";
  }

  function paintMark(i, x, y) {
    const kind = marks.kind[i];
    const color = [colors.call, colors.event, colors.status, colors.warning][kind];
    pen.beginPath();
    if (rank[i] >= 2) {
      pen.moveTo(x, y - 8); pen.lineTo(x + 7, y + 6); pen.lineTo(x - 7, y + 6); pen.closePath();
      pen.fillStyle = rank[i] === 3 ? colors.error : colors.warning;
      pen.fill();
      pen.fillStyle = colors.back;
      pen.fillRect(x - 1, y - 3, 2, 5); pen.fillRect(x - 1, y + 3, 2, 2);
      return;
    }
    if (kind === CALL) pen.rect(x - 4, y - 4, 8, 8);
    else if (kind === EVENT) pen.arc(x, y, 4.5, 0, 7);
    else if (kind === STATUS) { pen.moveTo(x, y - 5); pen.lineTo(x + 5, y); pen.lineTo(x, y + 5); pen.lineTo(x - 5, y); pen.closePath(); }
    else { pen.moveTo(x - 4, y - 4); pen.lineTo(x + 4, y + 4); pen.moveTo(x + 4, y - 4); pen.lineTo(x - 4, y + 4); }
    pen.lineWidth = 2;
    pen.strokeStyle = color;
    pen.fillStyle = marks.refused[i] ? colors.back : color;
    if (kind <= STATUS) pen.fill();
    pen.stroke();
    if (rank[i] === 1) { pen.strokeStyle = colors.info; pen.beginPath(); pen.arc(x, y, 8, 0, 7); pen.stroke(); }
  }

  function paintChosen(x, y) {
    pen.strokeStyle = colors.text;
    pen.lineWidth = 2;
    pen.strokeRect(x - 10, y - 11, 20, 22);
  }

  function paintAxis() {
    pen.fillStyle = colors.back;
    pen.fillRect(0, 0, width, TOP);
    pen.fillStyle = colors.quiet;
    pen.strokeStyle = colors.line;
    pen.lineWidth = 1;
    const timed = byTime && canTime && data.base_ms !== null;
    const step = niceStep((to - from) / Math.max(1, (width - gutter) / 110), timed);
    pen.fillText(clip(timed ? "UTC" : "record", gutter - 24), 16, TOP / 2);
    for (let value = Math.ceil(from / step) * step; value < to; value += step) {
      const x = toX(value);
      const text = timed ? timeLabel(value, step) : String(Math.round(value) + 1);
      pen.beginPath(); pen.moveTo(x, TOP - 5); pen.lineTo(x, TOP); pen.stroke();
      if (x + 40 < width) pen.fillText(text, x + 3, TOP / 2);
    }
    pen.beginPath(); pen.moveTo(0, TOP - 0.5); pen.lineTo(width, TOP - 0.5); pen.stroke();
  }

  function niceStep(least, timed) {
    const second = 1e6;
    const long = [1, 2, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 7200, 21600, 43200, 86400].map((s) => s * second);
    if (timed && least > second / 2) {
      const found = long.find((s) => s >= least);
      return found || Math.ceil(least / (86400 * second)) * 86400 * second;
    }
    const power = Math.pow(10, Math.floor(Math.log10(Math.max(least, timed ? 1e3 : 1))));
    return [1, 2, 5, 10].map((n) => n * power).find((s) => s >= least) || power * 10;
  }

  function timeLabel(value, step) {
    const iso = new Date(data.base_ms + value / 1000).toISOString();
    if (step >= 86400e6) return iso.slice(5, 10);
    if (step >= 60e6) return to - from > 86400e6 ? iso.slice(5, 16).replace("T", " ") : iso.slice(11, 16);
    return step >= 1e6 ? iso.slice(11, 19) : iso.slice(14, 23);
  }

  function freezeText(freeze) {
    const [, , end, length, budget, own] = freeze;
    const limit = budget / 1000 + " s" + (own ? " (its own budget)" : " (default)");
    if (end === null || data.words[marks.event[end]] !== "Thaw") return "frozen, no Thaw; " + limit;
    return length === null ? "frozen, no times; " + limit : "frozen " + (length / 1e6).toFixed(1) + " s of " + limit;
  }

  // --- Moving ------------------------------------------------------------------------------------
  function zoom(factor, x) {
    const center = x === undefined ? (chosen >= 0 && xs[chosen] >= from && xs[chosen] <= to ? xs[chosen] : (from + to) / 2) : toValue(x);
    const least = byTime && canTime ? 1000 : 2;
    const share = (center - from) / (to - from);
    const span = Math.min(high - low, Math.max(least, (to - from) * factor));
    from = Math.max(low, Math.min(center - share * span, high - span));
    to = from + span;
    draw();
  }
  function pan(by) {
    const span = to - from;
    from = Math.max(low, Math.min(from + by, high - span));
    to = from + span;
    draw();
  }
  function fit() { from = low; to = high; draw(); }
  function reveal(i) {
    chosen = i;
    const row = i < 0 ? undefined : rowOf.get(marks.lane[i]);
    if (row !== undefined) {
      closeUp(i);
      if (xs[i] < from || xs[i] > to) pan(xs[i] - (from + to) / 2);
      const y = row * ROW, room = height - TOP - ROW;
      if (y < box.scrollTop) box.scrollTop = Math.max(0, y - ROW);
      else if (y > box.scrollTop + room) box.scrollTop = y - room;
    }
    draw();
  }

  // A session that is a mere spot in a long span of time is brought close.
  function closeUp(i) {
    const session = data.lanes[marks.lane[i]][0];
    let first = Infinity, last = -Infinity;
    for (const row of rows) {
      if (!("lane" in row) || data.lanes[row.lane][0] !== session || !sorted.get(row.lane).length) continue;
      const held = sorted.get(row.lane);
      first = Math.min(first, xs[held[0]]);
      last = Math.max(last, xs[held[held.length - 1]]);
    }
    const span = (last - first) * 1.1;
    if (span > 0 && span < (to - from) / 8) {
      from = Math.max(low, first - (last - first) * 0.05);
      to = Math.min(high, from + span);
    }
  }

  function hit(event) {
    const area = canvas.getBoundingClientRect(), x = event.clientX - area.left, y = event.clientY - area.top;
    const row = rows[Math.floor((y - TOP + box.scrollTop) / ROW)];
    if (!row || !("lane" in row) || x < gutter - 8) return -1;
    const held = sorted.get(row.lane);
    let best = -1, least = 10;
    for (let at = search(held, toValue(x - 10)); at < held.length; at++) {
      const distance = Math.abs(toX(xs[held[at]]) - x) - rank[held[at]];
      if (toX(xs[held[at]]) > x + 10) break;
      if (distance < least) { least = distance; best = held[at]; }
    }
    return best;
  }

  let drag = null;
  canvas.addEventListener("pointerdown", (event) => { drag = { x: event.clientX, moved: false }; });
  canvas.addEventListener("pointermove", (event) => {
    if (drag && event.buttons) {
      const by = drag.x - event.clientX;
      if (Math.abs(by) > 3 || drag.moved) { drag.moved = true; drag.x = event.clientX; pan((by / (width - gutter)) * (to - from)); }
      return;
    }
    const i = hit(event);
    canvas.style.cursor = i < 0 ? "grab" : "pointer";
    if (i >= 0) hover(i);
  });
  canvas.addEventListener("pointerup", (event) => {
    const i = drag && !drag.moved ? hit(event) : -1;
    drag = null;
    if (i >= 0) pick(i);
  });
  canvas.addEventListener("pointercancel", () => { drag = null; });
  box.addEventListener("wheel", (event) => {
    const x = event.clientX - canvas.getBoundingClientRect().left;
    if (event.ctrlKey) { event.preventDefault(); zoom(event.deltaY > 0 ? 1.25 : 0.8, x); }
    else if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
      event.preventDefault();
      pan(((event.deltaX || event.deltaY) / width) * (to - from));
    }
  }, { passive: false });
  box.addEventListener("scroll", draw);
  box.addEventListener("keydown", (event) => {
    const step = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] }[event.key];
    if (event.key === "Enter" && chosen >= 0) { event.preventDefault(); pick(chosen, true); }
    if (!step || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    const next = neighbour(step[0], step[1]);
    if (next >= 0) { reveal(next); hover(next); }
  });

  function neighbour(along, across) {
    const lanes = rows.filter((row) => "lane" in row && ofLane[row.lane].length).map((row) => row.lane);
    if (!lanes.length) return -1;
    const at = chosen < 0 ? -1 : lanes.indexOf(marks.lane[chosen]);
    if (at < 0) return sorted.get(lanes[0])[0];
    const held = sorted.get(lanes[Math.max(0, Math.min(lanes.length - 1, at + across))]);
    if (!across) return held[Math.max(0, Math.min(held.length - 1, held.indexOf(chosen) + along))];
    return held[Math.min(held.length - 1, search(held, xs[chosen]))];
  }

  if (window.ResizeObserver) {
    new ResizeObserver(() => { if (box.clientWidth !== width) resize(); }).observe(box);
  }
  readColors();
  return {
    show, zoom, fit, reveal, freezeText,
    recolor() { readColors(); draw(); },
    switchAxis() { byTime = !byTime; arrange(); },
    axis() { return canTime ? (byTime ? "By time" : "By record") : "By record"; },
    canTime() { return canTime; },
    find(lane, line) { const i = place.get(lane + ":" + line); return i === undefined ? -1 : i; },
  };
}

function sessionLabel(data, number) {
  const { path, host, session } = data.sessions[number];
  const name = [host, session].filter(Boolean).join(" / ");
  if (!name) return data.inputs.length > 1 ? path : "all records (no session key)";
  return data.inputs.length > 1 ? name + "  -  " + path : name;
}

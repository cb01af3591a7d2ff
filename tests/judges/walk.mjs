// Step machines of XState over walks, and give the edges that @xstate/graph finds.
//
// On standard input: JSON, {"machine": {...}, "walks": [[name, ...], ...]}. On standard output: JSON,
// {"walks": for each a list of the state before its first event and after every one,
//  "edges": [[state, event, state], ...] that a full search reaches}.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const require = createRequire(process.argv[2] + "/");
const { createActor, createMachine } = require("xstate");
const { getAdjacencyMap } = require("@xstate/graph");

const asked = JSON.parse(readFileSync(0, "utf8"));
const machine = createMachine(asked.machine);

function walked(events) {
  const actor = createActor(machine).start();
  const states = [actor.getSnapshot().value];
  for (const type of events) {
    actor.send({ type });
    states.push(actor.getSnapshot().value);
  }
  return states;
}

const edges = [];
for (const { state, transitions } of Object.values(getAdjacencyMap(machine))) {
  for (const { event, state: next } of Object.values(transitions)) {
    edges.push([state.value, event.type, next.value]);
  }
}
process.stdout.write(JSON.stringify({ walks: asked.walks.map(walked), edges }));

// Asks the daemon once a second, and draws what has changed.

import {bits, byId, count, frames, setText, share} from './format.js';
import {Model} from './model.js';
import {Topology} from './topology.js';
import {PortTable, updateAddresses, updateBridgeChoice, updateDrops} from './tables.js';
import {updateDetails} from './details.js';

const PERIOD_MS = 1000;
const SHOW_EVERY = 3;
const ADDRESSES_EVERY = 3;

const model = new Model();
let chosen = null;
let round = 0;

const topology = new Topology(choose);
const portTable = new PortTable(choose, () => portTable.update(model));

function choose(name) {
  chosen = name === chosen ? null : name;
  topology.update(model, chosen);
  updateDetails(model, chosen);
}

async function ask(path) {
  const reply = await fetch(path, {cache: 'no-store'});
  if (!reply.ok) throw new Error(`${path}: ${reply.status}`);
  return reply.json();
}

function summary() {
  const {sums} = model;
  const ports = [...model.ports.values()];
  const up = ports.filter((port) => port.state === 'up').length;
  const entries = [...model.tables.values()].reduce((sum, table) => sum + table.entries, 0);
  setText(byId('version'), model.version);
  setText(byId('sum-up'), `${count(up)} of ${count(ports.length)}`);
  setText(byId('sum-rx'), bits(sums.rx));
  setText(byId('sum-pps'), frames(sums.pps));
  setText(byId('sum-fast'), share(sums.fast, sums.pps));
  setText(byId('sum-drops'), frames(sums.drops));
  setText(byId('sum-fdb'), count(entries));
}

async function addresses() {
  const query = new URLSearchParams({bridge: byId('fdb-bridge').value, find: byId('fdb-find').value});
  updateAddresses(await ask(`api/fdb?${query}`));
}

async function refresh() {
  if (round % SHOW_EVERY === 0 || model.isStale()) model.show(await ask('api/show'));
  model.stats(await ask('api/stats'));
  if (model.isStale()) model.show(await ask('api/show'));
  summary();
  topology.update(model, chosen);
  portTable.update(model);
  updateDrops(model);
  updateBridgeChoice(model);
  updateDetails(model, chosen);
  if (round % ADDRESSES_EVERY === 0) await addresses();
  ++round;
}

async function turn() {
  // A page that nobody sees asks nothing.
  if (!document.hidden) {
    let state = 'live';
    try {
      await refresh();
    } catch (error) {
      state = 'lost';
      console.warn(error);
    }
    byId('link').className = state;
    setText(byId('link-text'), state === 'live' ? 'live' : 'vswitchd does not answer');
  }
  setTimeout(turn, PERIOD_MS);
}

for (const id of ['fdb-bridge', 'fdb-find']) {
  byId(id).addEventListener('input', () => addresses().catch((error) => console.warn(error)));
}
byId('details-close').addEventListener('click', () => choose(chosen));
byId('theme').addEventListener('click', () => {
  const root = document.documentElement;
  const dark = root.dataset.theme ? root.dataset.theme === 'dark' :
    matchMedia('(prefers-color-scheme: dark)').matches;
  root.dataset.theme = dark ? 'light' : 'dark';
});
turn();

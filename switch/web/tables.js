// The lists: ports, drops, addresses. At most so many rows are drawn at once, however many there are.

import {bits, byId, count, frames, html, setText, share} from './format.js';

const STEP = 100;

const text = (value, name = null) => html('td', {class: name}, value);
const number = (value, name = '') => html('td', {class: `number ${name}`}, value);

const COLUMNS = [
  {key: 'name', title: 'Port', of: (p) => p.name},
  {key: 'bridge', title: 'Bridge', of: (p) => p.bridge},
  {key: 'type', title: 'Type', of: (p) => p.type},
  {key: 'state', title: 'State', of: (p) => p.state},
  {key: 'rx', title: 'Sends', of: (p) => p.rates.rx, number: true},
  {key: 'tx', title: 'Gets', of: (p) => p.rates.tx, number: true},
  {key: 'pps', title: 'Frames', of: (p) => p.rates.rxPps + p.rates.txPps, number: true},
  {key: 'fast', title: 'By the kernel', of: (p) => p.rates.rxPps > 0 ? p.rates.fast / p.rates.rxPps : -1, number: true},
  {key: 'drops', title: 'Drops', of: (p) => p.rates.drops, number: true},
  {key: 'learned', title: 'Addresses', of: (p) => p.learned, number: true},
];

function compare(a, b) {
  if (typeof a === 'number') return a - b;
  return a.localeCompare(b, 'en', {numeric: true});
}

export class PortTable {
  #choose;
  #redraw;
  #sort = {column: COLUMNS[0], down: false};
  #limit = STEP;

  constructor(choose, redraw) {
    this.#choose = choose;
    this.#redraw = redraw;
    const row = byId('ports-table').tHead.rows[0];
    for (const column of COLUMNS) {
      const button = html('button', {type: 'button'}, column.title);
      const head = html('th', {scope: 'col', class: column.number ? 'number' : null}, button);
      button.addEventListener('click', () => {
        const again = this.#sort.column === column;
        this.#sort = {column, down: again ? !this.#sort.down : column.number === true};
        this.#redraw();
      });
      column.head = head;
      row.append(head);
    }
    byId('ports-find').addEventListener('input', () => {
      this.#limit = STEP;
      this.#redraw();
    });
    byId('ports-more').addEventListener('click', () => {
      this.#limit += STEP;
      this.#redraw();
    });
  }

  update(model) {
    const words = byId('ports-find').value.toLowerCase().split(/\s+/).filter((word) => word);
    const has = (port) => {
      const all = `${port.name} ${port.bridge} ${port.state} ${port.type} ${port.device}`.toLowerCase();
      return words.every((word) => all.includes(word));
    };
    const found = [...model.ports.values()].filter(has);
    const {column, down} = this.#sort;
    found.sort((a, b) =>
      (down ? -1 : 1) * compare(column.of(a), column.of(b)) || compare(a.name, b.name));
    for (const each of COLUMNS) {
      each.head.setAttribute('aria-sort', each !== column ? 'none' : down ? 'descending' : 'ascending');
    }
    const shown = found.slice(0, this.#limit);
    keepFocus(byId('ports-table').tBodies[0], shown.map((port) => this.#row(port)));
    byId('ports-more').hidden = found.length <= shown.length;
    setText(byId('ports-note'), found.length === model.ports.size && shown.length === found.length ?
      `${count(found.length)} ports` : `${count(shown.length)} of ${count(found.length)} found, ${count(model.ports.size)} in all`);
  }

  #row(port) {
    const name = html('button', {type: 'button', class: 'link', 'data-focus': port.name}, port.name);
    name.addEventListener('click', () => this.#choose(port.name));
    const {rates} = port;
    return html('tr', {}, html('td', {}, name), text(port.bridge), text(port.type),
      html('td', {class: `state ${port.state}`, title: port.detail || null}, port.state),
      number(bits(rates.rx)), number(bits(rates.tx)), number(frames(rates.rxPps + rates.txPps)),
      number(share(rates.fast, rates.rxPps)), number(frames(rates.drops), rates.drops > 0 ? 'hot' : ''),
      number(count(port.learned)));
  }
}

// Rows are drawn anew each second; whoever has come to a button by keyboard stays at it.
function keepFocus(body, rows) {
  const at = body.contains(document.activeElement) ? document.activeElement.dataset.focus : null;
  body.replaceChildren(...rows);
  if (at === null) return;
  for (const button of body.querySelectorAll('button')) {
    if (button.dataset.focus === at) button.focus({preventScroll: true});
  }
}

export function updateDrops(model) {
  const rows = [...model.dropped.values()].sort((a, b) => b.rate - a.rate || b.frames - a.frames);
  byId('drops-empty').hidden = rows.length > 0;
  byId('drops-table').hidden = rows.length === 0;
  byId('drops-table').tBodies[0].replaceChildren(...rows.map((row) => html('tr', {},
    text(row.reason, 'mono'), number(count(row.frames)),
    number(frames(row.rate), row.rate > 0 ? 'hot' : ''), text(row.port))));
}

export function updateAddresses(reply) {
  byId('fdb-table').tBodies[0].replaceChildren(...reply.entries.map((entry) => html('tr', {},
    text(entry.mac, 'mono'), number(String(entry.vlan)), text(entry.port), text(entry.bridge),
    text(entry.kind + (entry.held ? ', held' : '')), number(`${entry.age_s} s`))));
  setText(byId('fdb-note'), reply.too_many ?
    `${count(reply.total)} addresses are too many to be listed here: vswitchctl fdb show` :
    reply.found > reply.entries.length ?
      `${count(reply.entries.length)} of ${count(reply.found)} found, ${count(reply.total)} in all` :
      `${count(reply.found)} of ${count(reply.total)} addresses`);
}

// The choice of bridges, without losing the one that is chosen.
export function updateBridgeChoice(model) {
  const select = byId('fdb-bridge');
  const names = ['', ...model.bridges.map((bridge) => bridge.name)];
  if (JSON.stringify([...select.options].map((o) => o.value)) === JSON.stringify(names)) return;
  const chosen = select.value;
  select.replaceChildren(...names.map((name) => html('option', {value: name}, name || 'all')));
  select.value = names.includes(chosen) ? chosen : '';
}


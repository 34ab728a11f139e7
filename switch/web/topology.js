// The picture: a bridge is a bar, its ports hang on it. Up to 24 ports are drawn with their guests and
// wires, more as tiles. Drawn anew when ports come or go; else only classes and texts change.

import {bits, byId, cut, setText, svg} from './format.js';

const WIDTH = 1240;
const DETAILED = 24;
const BUSY_BITS = 100;

const CLASSES = ['up', 'down', 'missing', 'broken', 'blocked', 'busy', 'chosen'];

export class Topology {
  #choose;
  #drawn = '';
  #shapes = new Map();

  constructor(choose) {
    this.#choose = choose;
  }

  update(model, chosen) {
    const wanted = JSON.stringify(model.bridges.map((bridge) => [bridge.name, bridge.ports]));
    if (wanted !== this.#drawn) {
      this.#drawn = wanted;
      this.#draw(model);
    }
    for (const bridge of model.bridges) {
      const table = model.tables.get(bridge.name);
      const up = bridge.ports.filter((name) => model.ports.get(name).state === 'up').length;
      const note = bridge.detail || bridge.warning ||
        `${up} of ${bridge.ports.length} ports up` + (table ? `, ${table.entries} addresses` : '');
      setText(this.#shapes.get(`bridge ${bridge.name}`), cut(note, 110));
    }
    for (const port of model.ports.values()) this.#updatePort(port, chosen);
  }

  #updatePort(port, chosen) {
    const shape = this.#shapes.get(`port ${port.name}`);
    if (shape === undefined) return;
    const {group, title, rx, tx, what} = shape;
    const is = {
      [port.state]: true,
      busy: port.rates.rx + port.rates.tx > BUSY_BITS,
      chosen: port.name === chosen,
    };
    for (const name of CLASSES) group.classList.toggle(name, is[name] === true);
    const text = `${port.name}: ${port.state}` + (port.detail ? ` (${port.detail})` : '') +
      `, sends ${bits(port.rates.rx)}, gets ${bits(port.rates.tx)}`;
    setText(title, text);
    group.setAttribute('aria-label', text);
    if (rx === undefined) return;
    const shown = port.state === 'up';
    setText(rx, shown ? `↑ ${bits(port.rates.rx)}` : port.state);
    setText(tx, shown ? `↓ ${bits(port.rates.tx)}` : '');
    what.setAttribute('href', `#icon-${port.type}`);
  }

  #draw(model) {
    const place = byId('topology');
    this.#shapes.clear();
    if (model.bridges.length === 0) {
      place.replaceChildren(Object.assign(document.createElement('p'), {
        className: 'empty',
        textContent: 'No bridge yet: vswitchctl add-br br0',
      }));
      return;
    }
    place.replaceChildren(...model.bridges.map((bridge) =>
      bridge.ports.length <= DETAILED ? this.#detailed(bridge) : this.#tiles(bridge)));
  }

  #frame(bridge, height) {
    const picture = svg('svg', {
      viewBox: `0 0 ${WIDTH} ${height}`,
      role: 'group',
      'aria-label': `Bridge ${bridge.name}`,
    });
    // One stop for the Tab key; the arrows move within.
    picture.addEventListener('keydown', (event) => {
      const step = {ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1}[event.key];
      const ports = [...picture.querySelectorAll('.port')];
      const at = ports.indexOf(document.activeElement);
      if (at < 0) return;
      if (event.key === 'Enter' || event.key === ' ') {
        this.#choose(ports[at].dataset.port);
        event.preventDefault();
      } else if (step !== undefined) {
        const next = ports[(at + step + ports.length) % ports.length];
        ports[at].setAttribute('tabindex', -1);
        next.setAttribute('tabindex', 0);
        next.focus();
        event.preventDefault();
      }
    });
    return picture;
  }

  #bar(bridge, y, height) {
    const note = svg('text', {class: 'bridge-note', x: 22, y: y + height / 2 + 16});
    this.#shapes.set(`bridge ${bridge.name}`, note);
    return [
      svg('rect', {class: 'bridge-box', x: 1, y, width: WIDTH - 2, height, rx: 12}),
      svg('text', {class: 'bridge-name', x: 22, y: y + height / 2 - 3}, bridge.name),
      note,
    ];
  }

  #portGroup(name, isFirst) {
    const title = svg('title');
    const group = svg('g', {
      class: 'port',
      role: 'button',
      tabindex: isFirst ? 0 : -1,
      'data-port': name,
    }, title);
    group.addEventListener('click', () => this.#choose(name));
    return {group, title};
  }

  #detailed(bridge) {
    const columns = Math.max(6, Math.ceil(bridge.ports.length / 2));
    const both = bridge.ports.length > 6;
    const column = WIDTH / columns;
    const box = {width: Math.min(column - 10, 190), height: 66};
    const wire = 40;
    const bar = {y: both ? box.height + wire + 4 : 2, height: 58};
    const picture = this.#frame(bridge, bar.y + bar.height + wire + box.height + 4);
    picture.append(...this.#bar(bridge, bar.y, bar.height));
    bridge.ports.forEach((name, i) => {
      const above = both && i < columns;
      const x = column * ((both ? i % columns : i) + 0.5);
      const near = above ? bar.y : bar.y + bar.height;
      const far = above ? near - wire : near + wire;
      const top = above ? far - box.height : far;
      const left = x - box.width / 2;
      const {group, title} = this.#portGroup(name, i === 0);
      const roomy = box.width >= 120;
      const textLeft = left + (roomy ? 38 : 10);
      const rx = svg('text', {class: 'rate', x: textLeft, y: top + 39});
      const tx = svg('text', {class: 'rate', x: textLeft, y: top + 55});
      const what = svg('use', {class: 'what', x: left + 10, y: top + 22, width: 22, height: 22});
      group.append(
        svg('path', {class: 'wire', d: `M${x} ${near}V${far}`}),
        svg('path', {class: `flow ${above ? 'out' : 'in'}`, 'stroke-width': 4, d: `M${x - 4} ${near}V${far}`}),
        svg('path', {class: `flow ${above ? 'in' : 'out'}`, 'stroke-width': 4, d: `M${x + 4} ${near}V${far}`}),
        svg('rect', {class: 'jack', x: x - 7, y: near - 7, width: 14, height: 14, rx: 3}),
        svg('rect', {class: 'box', x: left, y: top, width: box.width, height: box.height, rx: 10}),
        svg('text', {class: 'name', x: textLeft, y: top + 21}, cut(name, Math.floor((box.width - 18) / 8))),
        rx, tx);
      if (roomy) group.append(what);
      picture.append(group);
      this.#shapes.set(`port ${name}`, {group, title, rx, tx, what});
    });
    return picture;
  }

  #tiles(bridge) {
    const size = bridge.ports.length > 300 ? 18 : 26;
    const pitch = size + 6;
    const columns = Math.floor((WIDTH - 8) / pitch);
    const bar = {y: 2, height: 52};
    const rows = Math.ceil(bridge.ports.length / columns);
    const picture = this.#frame(bridge, bar.y + bar.height + 12 + rows * pitch);
    picture.append(...this.#bar(bridge, bar.y, bar.height));
    const left = (WIDTH - columns * pitch + 6) / 2;
    bridge.ports.forEach((name, i) => {
      const x = left + (i % columns) * pitch;
      const y = bar.y + bar.height + 12 + Math.floor(i / columns) * pitch;
      const {group, title} = this.#portGroup(name, i === 0);
      group.append(
        svg('rect', {class: 'tile', x, y, width: size, height: size, rx: 4, 'pointer-events': 'all'}),
        svg('path', {class: 'cross', d: `M${x + 4} ${y + 4}L${x + size - 4} ${y + size - 4}`}));
      picture.append(group);
      this.#shapes.set(`port ${name}`, {group, title});
    });
    return picture;
  }
}

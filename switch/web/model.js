// The switch as the page knows it: the reports `show`, `stats` and `fdb stats`, and what follows from
// two of `stats` in a row.

const HISTORY = 60;

const drops = (port) => Object.values(port.drops).reduce((sum, n) => sum + n, 0);

export class Model {
  version = '';
  bridges = [];
  tables = new Map();
  ports = new Map();
  dropped = new Map();
  sums = {rx: 0, pps: 0, fast: 0, drops: 0};
  #last = null;

  // Ports that are there again keep their rates.
  show(report) {
    this.version = report.version;
    const ports = new Map();
    this.bridges = report.bridges.map((bridge) => {
      const names = bridge.ports.map((port) => {
        const old = this.ports.get(port.name);
        ports.set(port.name, {
          ...port,
          bridge: bridge.name,
          stats: old?.stats ?? null,
          rates: old?.rates ?? {rx: 0, tx: 0, rxPps: 0, txPps: 0, fast: 0, drops: 0},
          history: old?.history ?? [],
        });
        return port.name;
      });
      return {name: bridge.name, detail: bridge.detail, warning: bridge.warning, ports: names};
    });
    this.ports = ports;
  }

  stats(report) {
    const last = this.#last;
    // The same snapshot again: nothing is new.
    if (last !== null && report.taken_ms === last.taken_ms) return false;
    // A daemon that was started anew counts from 0.
    const seconds = last === null ? 0 : (report.taken_ms - last.taken_ms) / 1000;
    this.#last = report;
    this.tables = new Map(report.tables.map((table) => [table.name, table]));
    const sums = {rx: 0, pps: 0, fast: 0, drops: 0};
    const reasons = new Map();
    for (const now of report.ports) {
      const port = this.ports.get(now.name);
      if (port === undefined) continue;
      const before = port.stats;
      const rate = (read) =>
        before !== null && seconds > 0 ? Math.max(0, read(now) - read(before)) / seconds : 0;
      port.rates = {
        rx: rate((p) => 8 * p.ingress.bytes),
        tx: rate((p) => 8 * p.egress.bytes),
        rxPps: rate((p) => p.ingress.frames),
        txPps: rate((p) => p.egress.frames),
        fast: rate((p) => p.ingress.fast_frames),
        drops: rate(drops),
      };
      for (const [reason, frames] of Object.entries(now.drops)) {
        if (frames === 0) continue;
        const row = reasons.get(reason) ?? {reason, frames: 0, rate: 0, port: '', most: 0};
        row.frames += frames;
        row.rate += rate((p) => p.drops[reason] ?? 0);
        if (frames > row.most) [row.most, row.port] = [frames, now.name];
        reasons.set(reason, row);
      }
      port.stats = now;
      if (before !== null) port.history.push([port.rates.rx, port.rates.tx]);
      if (port.history.length > HISTORY) port.history.shift();
      sums.rx += port.rates.rx;
      sums.pps += port.rates.rxPps;
      sums.fast += port.rates.fast;
      sums.drops += port.rates.drops;
    }
    this.sums = sums;
    this.dropped = reasons;
    return true;
  }

  // Whether `stats` tells of other ports than `show` did.
  isStale() {
    if (this.#last === null) return false;
    const told = this.#last.ports;
    return told.length !== this.ports.size ||
      told.some((port) => this.ports.get(port.name)?.bridge !== port.bridge);
  }
}

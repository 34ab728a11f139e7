// What is known of one port.

import {bits, byId, count, frames, html, setText, share, svg} from './format.js';

function list(rows) {
  return html('dl', {}, ...rows.filter(([, value]) => value !== '' && value !== undefined)
    .flatMap(([name, value]) => [html('dt', {}, name), html('dd', {}, String(value))]));
}

// The last minute, newest at the right. Both lines have one scale; it begins as wide as ten seconds.
function spark(history) {
  const most = Math.max(1, ...history.flat());
  const width = Math.max(9, history.length - 1);
  const left = width - history.length + 1;
  const path = (which) => history.map((point, i) =>
    `${i === 0 ? 'M' : 'L'}${left + i} ${(39 - (37 * point[which]) / most).toFixed(2)}`).join('');
  const under = history.length === 0 ? '' : `${path(0)}L${width} 40L${left} 40Z`;
  return html('figure', {},
    svg('svg', {class: 'spark', viewBox: `0 0 ${width} 40`, preserveAspectRatio: 'none', role: 'img',
      'aria-label': 'Bits a second in the last minute'},
    svg('path', {class: 'under', d: under}), svg('path', {class: 'rx', d: path(0)}), svg('path', {class: 'tx', d: path(1)})),
    html('figcaption', {}, html('span', {class: 'key-rx'}, 'sends'),
      html('span', {class: 'key-tx'}, 'gets'), ` the last minute, at most ${bits(most)}`));
}

export function updateDetails(model, chosen) {
  const place = byId('details');
  const port = chosen === null ? undefined : model.ports.get(chosen);
  place.hidden = port === undefined;
  if (port === undefined) return;
  setText(byId('details-title'), `Port ${port.name}`);
  const {rates, stats} = port;
  const rows = [
    ['State', port.state + (port.detail ? `: ${port.detail}` : '')],
    ['Bridge', port.bridge],
    ['Type', port.type],
    ['Device', port.device],
    ['Owner', port.owner],
    ['Address', port.mac],
    ['MTU', port.mtu],
    ['VLAN', port.tag],
    ['Trunks', port.trunks],
    ['Fast path', port.fast_path + (port.fast_path_reason ? `: ${port.fast_path_reason}` : '')],
    ['Addresses', count(port.learned)],
  ].map(([name, value]) => [name, value === null ? '' : value]);
  const traffic = stats === null ? [] : [
    ['Sends', `${bits(rates.rx)}, ${frames(rates.rxPps)}`],
    ['Gets', `${bits(rates.tx)}, ${frames(rates.txPps)}`],
    ['By the kernel', share(rates.fast, rates.rxPps)],
    ['Sent in all', `${count(stats.ingress.frames)} frames, ${count(stats.ingress.bytes)} bytes`],
    ['Got in all', `${count(stats.egress.frames)} frames, ${count(stats.egress.bytes)} bytes`],
    ...Object.entries(stats.drops).filter(([, n]) => n > 0)
      .map(([reason, n]) => [`Drop: ${reason}`, count(n)]),
  ];
  byId('details-body').replaceChildren(list(rows), list(traffic), spark(port.history));
}

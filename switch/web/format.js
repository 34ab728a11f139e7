// Numbers and elements. Text from the switch only ever becomes a text node or an attribute's value,
// never markup: names of ports and devices are other people's.

const SVG = 'http://www.w3.org/2000/svg';

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    element.setAttribute(name, value === true ? '' : String(value));
  }
  element.append(...children);
  return element;
}

export function html(tag, attributes = {}, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

export function svg(tag, attributes = {}, ...children) {
  return fill(document.createElementNS(SVG, tag), attributes, children);
}

export const byId = (id) => document.getElementById(id);

export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

// Three digits: "1.23 k", "45.6 M".
function scaled(value) {
  const units = ['', 'k', 'M', 'G', 'T'];
  let unit = 0;
  while (value >= 999.5 && unit + 1 < units.length) {
    value /= 1000;
    ++unit;
  }
  const digits = value === 0 || (unit === 0 && value >= 10) ? 0 : Math.max(0, 2 - Math.floor(Math.log10(Math.max(value, 1))));
  return [value.toFixed(digits), units[unit]];
}

export function bits(perSecond) {
  const [number, unit] = scaled(perSecond);
  return `${number} ${unit}bit/s`;
}

export function frames(perSecond) {
  const [number, unit] = scaled(perSecond);
  return `${number}${unit ? ' ' + unit : ''}/s`;
}

export const count = (value) => value.toLocaleString('en');

export function share(part, whole) {
  return whole > 0 ? `${Math.round((100 * part) / whole)} %` : '–';
}

export function cut(text, length) {
  return text.length > length ? text.slice(0, length - 1) + '…' : text;
}

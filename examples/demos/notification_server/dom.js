// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// Data becomes text nodes and attributes, never markup.

export const $ = id => document.getElementById(id);

export function el(tag, props = {}, ...children) {
  const node = Object.assign(document.createElement(tag), props);
  node.append(...children);
  return node;
}

export function svgElement(tag, attributes = {}) {
  const node = document.createElementNS('http://www.w3.org/2000/svg', tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  return node;
}

export const button = (textContent, onclick, title = '') => el('button',
  { className: 'small', type: 'button', textContent, onclick, title });

export const isObject = value => value !== null && typeof value === 'object' && !Array.isArray(value);
export const stamp = () => new Date().toISOString();
export const clock = at => at.toLocaleTimeString('en-GB') + '.' + String(at.getMilliseconds()).padStart(3, '0');

/// Runs `draw` in the next frame, however often it was asked for.
export function onceAFrame(draw) {
  let asked = false;
  return () => {
    if (asked) return;
    asked = true;
    requestAnimationFrame(() => { asked = false; draw(); });
  };
}

const steps = [['second', 60], ['minute', 60], ['hour', 24], ['day', 7]];
const words = new Intl.RelativeTimeFormat('en', { numeric: 'auto', style: 'short' });

/// "now", "5 min. ago", "yesterday"; after a week the date.
export function ago(when, now = Date.now()) {
  const at = new Date(when);
  if (isNaN(at)) return '';
  let n = Math.max(0, (now - at) / 1000);
  if (n < 30) return 'just now';
  for (const [unit, size] of steps) {
    if (n < size) return words.format(-Math.floor(n), unit);
    n /= size;
  }
  return at.toLocaleDateString('en-GB');
}

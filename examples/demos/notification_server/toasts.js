// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// Short notices at the edge of the page. They go by themselves, not while somebody points at them or is in them.
import { $, button, el } from './dom.js';

const most = 4;
const stays = { critical: 20000, warning: 8000, info: 8000 };
const looks = ['critical', 'warning'];

export function toast(severity, title, detail, id = '') {
  const look = looks.includes(severity) ? severity : 'info';
  const node = el('div', { className: 'toast ' + look }, el('div', {},
    el('strong', { textContent: title, dir: 'auto' }), el('small', { textContent: detail ?? '', dir: 'auto' })));
  const close = button('×', () => dismiss(node), 'Dismiss');
  close.setAttribute('aria-label', `Dismiss: ${title}`);
  node.append(close);
  Object.assign(node.dataset, { testid: 'toast', id });
  $('toasts').append(node);
  const earlier = [...$('toasts').children].slice(0, -1); // What is urgent, or in use, is the last to go.
  if (earlier.length >= most) (earlier.find(one => !one.matches('.critical, :focus-within')) ?? earlier[0]).remove();
  leaveLater(node, stays[look]);
}

function leaveLater(node, ms) {
  setTimeout(() => (node.matches(':hover, :focus-within') ? leaveLater(node, 2000) : node.remove()), ms);
}

// The focus must not fall off the page with the node that had it.
function dismiss(node) {
  const next = node.nextElementSibling ?? node.previousElementSibling;
  node.remove();
  (next?.querySelector('button') ?? document.querySelector('main')).focus();
}

/// Takes back what another device has dealt with.
export function retract({ all, id, ids = [] }) {
  for (const node of [...$('toasts').children])
    if (node.dataset.id && (all || id === node.dataset.id || ids.includes(node.dataset.id)))
      if (node.matches(':focus-within')) dismiss(node); else node.remove();
}

/// Takes the newest one away; false if there is none.
export function dismissNewest() {
  const node = $('toasts').lastElementChild;
  if (node) dismiss(node);
  return node !== null;
}

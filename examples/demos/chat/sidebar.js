// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// The lists beside the conversation: rooms with what is unread, and the people in the room.
import { $, el } from './dom.js';
import { hueOf, initialOf } from './timeline.js';

// Nodes stay where they are, so that the focus does.
const rows = new Map();

export function showRooms(all, joined, front, open) {
  for (const { name, title } of all) {
    if (!rows.has(name)) rows.set(name, roomRow(name, title, open));
    const { row, button, badge } = rows.get(name), room = joined.get(name), unread = room?.unread ?? 0;
    row.classList.toggle('joined', room !== undefined);
    row.dataset.state = room ? (room.joined ? 'joined' : 'wanted') : 'left';
    if (room && room === front) button.setAttribute('aria-current', 'page');
    else button.removeAttribute('aria-current');
    badge.textContent = unread > 99 ? '99+' : String(unread);
    badge.hidden = unread === 0;
    button.setAttribute('aria-label', `${title}${room ? '' : ', not joined'}${unread ? `, ${unread} unread` : ''}`);
  }
}

function roomRow(name, title, open) {
  const badge = el('span', { className: 'badge', hidden: true });
  badge.dataset.testid = 'unread';
  const button = el('button', { type: 'button', onclick: () => open(name) }, el('span', { textContent: title }), badge);
  const row = el('li', {}, button);
  Object.assign(row.dataset, { testid: 'room', room: name });
  $('rooms').append(row);
  return { row, button, badge };
}

export function showPeople(people, me) {
  const all = [...people].sort(([a, x], [b, y]) => (b === me) - (a === me) || x.localeCompare(y));
  const count = new Map();
  for (const [, name] of all) count.set(name, (count.get(name) ?? 0) + 1);
  $('people-title').textContent = `In this room: ${all.length}`;
  $('people-list').replaceChildren(...all.map(([user, name]) => {
    const row = el('li', {}, el('span', { className: 'face', textContent: initialOf(name) }),
      el('span', { className: 'name', textContent: name }));
    row.querySelector('.face').setAttribute('aria-hidden', 'true');
    // Of people with one name the beginning of their ids tells who is who.
    const more = user === me ? 'you' : count.get(name) > 1 ? user.slice(0, 4) : '';
    if (more) row.append(el('small', { textContent: more }));
    row.style.setProperty('--hue', hueOf(user));
    Object.assign(row.dataset, { testid: 'person', user });
    return row;
  }));
}

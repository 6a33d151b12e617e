// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// Light, dark, or as the system has it. No module: it runs before the page is drawn, so that nothing flashes.
'use strict';
{
  const names = ['auto', 'light', 'dark'], words = { auto: 'as the system', light: 'light', dark: 'dark' };
  // Where the browser keeps nothing, the choice lasts until the reload.
  const kept = () => { try { return localStorage.getItem('fanfare-theme'); } catch { return null; } };
  const keep = name => { try { localStorage.setItem('fanfare-theme', name); } catch { /* As above. */ } };
  let now = names.includes(kept()) ? kept() : 'auto';

  const show = () => {
    document.documentElement.dataset.theme = now;
    const button = document.getElementById('theme');
    if (!button) return;
    button.dataset.theme = now;
    button.title = `Colours: ${words[now]}`;
    button.setAttribute('aria-label', `Colours: ${words[now]}. Change`);
  };

  show();
  addEventListener('DOMContentLoaded', () => {
    document.getElementById('theme').onclick = () => {
      now = names[(names.indexOf(now) + 1) % names.length];
      keep(now);
      show();
    };
    show();
  });
}

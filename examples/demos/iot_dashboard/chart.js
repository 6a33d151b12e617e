// Copyright (c) 2026 The Fanfare developers. Distributed under the Boost Software License, Version 1.0.
// One line over time on a canvas.

const pad = { left: 44, right: 10, top: 10, bottom: 20 };

/// Round numbers between low and high, some four of them.
export function ticks(low, high) {
  const raw = (high - low) / 4, power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 2.5, 5, 10].map(n => n * power).find(n => n >= raw);
  const all = [];
  for (let n = Math.ceil(low / step); n * step <= high + step / 1e6; n++) all.push(n * step);
  return { all, digits: Math.max(0, -Math.floor(Math.log10(step) + 1e-9)) + (step / power === 2.5 ? 1 : 0) };
}

/// The range of the values with some air, never flat.
export function range(points) {
  let low = Infinity, high = -Infinity;
  for (const { value } of points) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  const air = Math.max((high - low) * 0.1, Math.abs(high) * 0.01, 0.1);
  return [low - air, high + air];
}

const at = time => new Date(time).toLocaleTimeString('en-GB');

export class LineChart {
  #canvas;

  constructor(canvas) { this.#canvas = canvas; }

  /// `points` are {time, value}, by time; `gap: true` on one that does not follow the one before. Shows [from, to], and
  /// `otherwise` if there are none.
  draw(points, from, to, otherwise) {
    const canvas = this.#canvas, ratio = devicePixelRatio || 1;
    const width = canvas.clientWidth, height = canvas.clientHeight;
    if (!width || !height) return;
    if (canvas.width !== Math.round(width * ratio)) canvas.width = Math.round(width * ratio);
    if (canvas.height !== Math.round(height * ratio)) canvas.height = Math.round(height * ratio);
    const pen = canvas.getContext('2d'), style = getComputedStyle(canvas);
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.clearRect(0, 0, width, height);
    pen.font = `11px ${style.fontFamily}`;
    const seen = points.filter(p => p.time >= from);
    if (!seen.length) {
      pen.fillStyle = style.fill;
      pen.textAlign = 'center';
      pen.fillText(otherwise, width / 2, height / 2);
      return;
    }
    const [low, high] = range(seen);
    const place = {
      x: time => pad.left + (time - from) / (to - from) * (width - pad.left - pad.right),
      y: value => height - pad.bottom - (value - low) / (high - low) * (height - pad.top - pad.bottom),
    };
    this.#grid(pen, place, { low, high, from, to, width, height, line: style.stroke, text: style.fill });
    this.#line(pen, place, seen, style.color, height - pad.bottom);
  }

  #grid(pen, place, { low, high, from, to, width, height, line, text }) {
    pen.strokeStyle = line;
    pen.fillStyle = text;
    pen.lineWidth = 1;
    pen.textAlign = 'right';
    pen.textBaseline = 'middle';
    const { all, digits } = ticks(low, high);
    for (const value of all) {
      const y = Math.round(place.y(value)) + 0.5;
      pen.beginPath();
      pen.moveTo(pad.left, y);
      pen.lineTo(width - pad.right, y);
      pen.stroke();
      pen.fillText(value.toFixed(digits), pad.left - 6, y);
    }
    pen.textBaseline = 'alphabetic';
    pen.textAlign = 'left';
    pen.fillText(at(from), pad.left, height - 5);
    pen.textAlign = 'right';
    pen.fillText(at(to), width - pad.right, height - 5);
  }

  #line(pen, place, points, colour, floor) {
    pen.strokeStyle = pen.fillStyle = colour;
    pen.lineWidth = 1.75;
    pen.lineJoin = 'round';
    for (let begin = 0; begin < points.length;) {
      let end = begin + 1;
      while (end < points.length && !points[end].gap) end++;
      this.#stretch(pen, place, points.slice(begin, end), floor);
      begin = end;
    }
    const last = points.at(-1);
    pen.beginPath();
    pen.arc(place.x(last.time), place.y(last.value), 3, 0, 7);
    pen.fill();
  }

  #stretch(pen, place, points, floor) {
    pen.beginPath();
    for (const { time, value } of points) pen.lineTo(place.x(time), place.y(value));
    pen.stroke();
    pen.lineTo(place.x(points.at(-1).time), floor);
    pen.lineTo(place.x(points[0].time), floor);
    pen.globalAlpha = 0.12;
    pen.fill();
    pen.globalAlpha = 1;
  }
}

/* console.js — the keyboard of the desk: J K move, X select, E evidence, / search, ? keys.
   Never while somebody types or composes Chinese. */
(function () {
  'use strict';
  var G = window.Gengyun;

  function typing(e) {
    var t = e.target;
    return e.isComposing || e.keyCode === 229 || e.ctrlKey || e.metaKey || e.altKey ||
      (/^(INPUT|TEXTAREA|SELECT)$/.test(t.tagName) && t.type !== 'checkbox' && t.type !== 'radio') || t.isContentEditable;
  }
  function rows() { return G.all('[data-row]'); }
  function current(list) { return list.findIndex(function (r) { return r.getAttribute('aria-current') === 'true'; }); }
  function select(list, place) {
    list.forEach(function (r) { r.removeAttribute('aria-current'); });
    list[place].setAttribute('aria-current', 'true');
    list[place].scrollIntoView({ block: 'nearest' });
    var open = G.one('[data-open]', list[place]) || (list[place].hasAttribute('data-open') ? list[place] : null);
    if (open) open.click();
  }
  function keys(show) {
    var box = G.one('#keys'); if (!box) return;
    box.hidden = show === undefined ? !box.hidden : !show;
    if (!box.hidden) box.focus();
  }

  document.addEventListener('keydown', function (e) {
    if (e.key === 'Escape') { keys(false); return; }
    if (typing(e)) return;
    var list = rows(), place = current(list);
    if (e.key === 'j' || e.key === 'k') {
      if (list.length) { select(list, Math.max(0, Math.min(list.length - 1, place + (e.key === 'j' ? 1 : -1)))); e.preventDefault(); }
    } else if (e.key === 'x' && place >= 0) {
      var box = G.one('input[type=checkbox]', list[place]); if (box) { box.checked = !box.checked; count(); }
    } else if (e.key === 'e' && place >= 0) {
      var button = G.one('[data-evidence]');
      if (button) { if (!chosen().length) { var own = G.one('input[type=checkbox]', list[place]); if (own) own.checked = true; } count(); button.click(); }
    } else if (e.key === '/') {
      var search = G.one('[data-search]'); if (search) { search.focus(); search.select(); e.preventDefault(); }
    } else if (e.key === '?') { keys(); e.preventDefault(); }
  });

  /* selection reveals the bulk actions and says how many */
  function chosen() { return G.all('[data-row] input[type=checkbox]:checked'); }
  function count() {
    var n = chosen().length;
    G.all('[data-chosen]').forEach(function (place) { place.textContent = String(n); });
    G.all('[data-bulk]').forEach(function (button) { button.disabled = n === 0; });
  }
  document.addEventListener('change', function (e) {
    if (e.target.hasAttribute('data-all')) G.all('[data-row] input[type=checkbox]').forEach(function (c) { c.checked = e.target.checked; });
    if (e.target.type === 'checkbox') count();
  });
  document.addEventListener('click', function (e) {
    var open = G.closest(e.target, '[data-open]'), row = G.closest(open, '[data-row]');
    if (row) rows().forEach(function (r) { if (r === row) r.setAttribute('aria-current', 'true'); else r.removeAttribute('aria-current'); });
    if (G.closest(e.target, '[data-keys]')) keys();
    var step = G.closest(e.target, '[data-hit]');
    if (step) {
      var hits = G.all('.conv .msg.hit'); if (!hits.length) return;
      var at = hits.findIndex(function (h) { return h.classList.contains('at'); });
      var next = hits[(at + Number(step.getAttribute('data-hit')) + hits.length) % hits.length];
      hits.forEach(function (h) { h.classList.remove('at'); }); next.classList.add('at'); next.scrollIntoView({ block: 'center' });
    }
  });
  function settle() {
    count();
    var hit = G.one('.conv .msg.hit'); if (hit) { var box = G.closest(hit, '.conv'); box.scrollTop = Math.max(0, hit.offsetTop - box.offsetTop - box.clientHeight / 3); }
  }
  document.addEventListener('htmx:afterSwap', settle);
  document.addEventListener('DOMContentLoaded', settle);
})();

/* Tells how long this page was in view and how far down; only after the reader agreed. */
(function () {
  'use strict';
  var article = document.querySelector('[data-visit]');
  if (!article || !navigator.sendBeacon) return;
  var visit = article.getAttribute('data-visit');
  var seconds = 0, depth = 0, told = '', since = document.hidden ? 0 : Date.now();
  function look() {
    var box = article.getBoundingClientRect();
    if (box.height > 0) {
      var seen = Math.round(100 * (window.innerHeight - box.top) / box.height);
      depth = Math.max(depth, Math.min(100, Math.max(0, seen)));
    }
  }
  function pause() {
    if (since) { seconds += (Date.now() - since) / 1000; since = 0; }
  }
  function tell() {
    var now = Math.round(seconds + (since ? (Date.now() - since) / 1000 : 0));
    var line = now + '/' + depth;
    if (line === told) return;
    told = line;
    navigator.sendBeacon('/o/c/seen', new URLSearchParams({ v: visit, s: String(Math.min(now, 86400)), d: String(depth) }));
  }
  document.addEventListener('visibilitychange', function () {
    if (document.hidden) { pause(); tell(); } else if (!since) { since = Date.now(); }
  });
  window.addEventListener('scroll', look, { passive: true });
  window.addEventListener('pagehide', function () { pause(); tell(); });
  setInterval(function () { if (!document.hidden) tell(); }, 15000);
  look();
})();

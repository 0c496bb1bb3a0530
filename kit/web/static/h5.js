/* h5.js — phone and sidebar: whose chat is this, send what was approved, hide amounts again, keep outcomes while offline. */
(function () {
  'use strict';
  var G = window.Gengyun, W = G.wecom;
  var main = function () { return G.one('#main'); };

  /* --- entry: WeCom fixes one address; the page asks in which chat it stands ----------------------------- */
  function show(url) {
    if (window.htmx) window.htmx.ajax('GET', url, { target: '#main', swap: 'innerHTML' }).then(function () {
      if (!G.one('[data-entry]')) history.replaceState(null, '', url);
      keepTarget();
    });
  }
  function outside(box, why) { location.replace(box.getAttribute('data-outside') + '?why=' + encodeURIComponent(why)); }
  function enter(box) {
    W.call('getContext').then(function (context) {
      if (context.entry === 'single_chat_tools' || context.entry === 'contact_profile' || context.entry === 'chat_attachment') {
        return W.call('getCurExternalContact').then(function (who) {
          show(box.getAttribute('data-customer') + '?contact=' + encodeURIComponent(who.userId));
        });
      }
      if (context.entry === 'group_chat_tools') {
        return W.call('getCurExternalChat').then(function (chat) {
          show(box.getAttribute('data-group') + '?chat=' + encodeURIComponent(chat.chatId));
        });
      }
      location.replace(box.getAttribute('data-todo') + '?from=workbench');
      return null;
    }).catch(function (refusal) { outside(box, refusal.kind || 'fail'); });
  }

  /* the script library keeps the chat it was opened from */
  function keepTarget() {
    var here = G.one('[data-target-query]');
    G.all('[data-keeps-target]').forEach(function (link) {
      var query = here ? here.getAttribute('data-target-query') : '';
      link.setAttribute('href', link.getAttribute('href').split('?')[0] + (query ? '?' + query : ''));
    });
  }

  /* --- send: ticket, WeCom, result ------------------------------------------------------------------------ */
  function face(form, style, text) {
    var button = G.one('button', form), label = G.one('span', button);
    button.classList.remove('is-busy', 'is-done'); if (style) button.classList.add(style);
    button.disabled = style === 'is-done' || style === 'is-busy';
    if (!button.dataset.label) button.dataset.label = label.textContent;
    label.textContent = text || button.dataset.label;
  }
  function sameForms(form) {
    return G.all('form[data-send]').filter(function (f) { return f.getAttribute('data-send-key') === form.getAttribute('data-send-key'); });
  }
  function inOrder(payloads) {
    return payloads.reduce(function (before, payload) {
      return before.then(function () { return W.call('sendChatMessage', payload); });
    }, Promise.resolve());
  }
  function report(ticket, outcome, said) {
    var body = new URLSearchParams({ outcome: outcome, client_said: said || '' });
    return G.post('/h5/sends/' + encodeURIComponent(ticket) + '/result', body).then(function (answer) {
      if (!answer.ok) throw new Error('result ' + answer.status);
      return answer.json();
    });
  }
  function send(form) {
    if (form.dataset.busy) return;
    form.dataset.busy = '1';
    face(form, 'is-busy', '发送中…');
    G.post(form.getAttribute('action'), new FormData(form)).then(function (answer) {
      if (answer.status === 401) { G.signIn(answer); return null; }
      if (answer.status === 409) {
        return answer.text().then(function (html) {
          var card = G.closest(form, '[data-card]'), sheet = G.closest(form, '.sheet');
          if (sheet) closeSheet();
          var target = sheet ? G.one('#s-' + form.elements.script_version_id.value) || G.one('#now') : card;
          if (target) G.swap(target, html);
          G.toast('现在不能发送，原因写在卡片上');
        });
      }
      if (!answer.ok) throw { words: answer.status === 403 ? '没有权限，或页面开得太久，请刷新后再试' : '没有发出去，请再试一次；这次记为未发送' };
      return answer.json().then(function (ticket) {
        return inOrder(ticket.payloads).then(function () { return report(ticket.ticket, 'ok', 'sendChatMessage:ok'); }, function (refusal) {
          return report(ticket.ticket, refusal.kind === 'timeout' ? 'timeout' : (refusal.kind === 'cancel' ? 'cancel' : 'fail'), refusal.said)
            .catch(function () { return null; }).then(function () { throw refusal; });
        }).then(function (result) {
          sameForms(form).forEach(function (one) { face(one, 'is-done', result.label); });
          G.toast(result.toast);
          if (G.closest(form, '.sheet')) closeSheet();
        });
      });
    }).catch(function (refusal) {
      face(form, '', '');
      G.toast((refusal && refusal.words) || '连不上服务器，请检查网络；这次记为未发送');
    }).then(function () { delete form.dataset.busy; });
  }
  document.addEventListener('submit', function (e) {
    var form = G.closest(e.target, 'form[data-send]');
    if (form) { e.preventDefault(); send(form); }
  });

  /* --- to-do: open the chat -------------------------------------------------------------------------------- */
  document.addEventListener('click', function (e) {
    var b = G.closest(e.target, '[data-open-contact]'); if (!b) return;
    var contact = b.getAttribute('data-open-contact'), chat = b.getAttribute('data-open-chat');
    W.call('openEnterpriseChat', chat ? { chatId: chat } : { externalUserIds: [contact] }).catch(function (refusal) { G.toast(refusal.kind === 'timeout' ? '请在企业微信里打开，才能跳到聊天' : refusal.words); });
  });

  /* --- half-screen sheet ------------------------------------------------------------------------------------ */
  var opener = null;
  function closeSheet() { var s = G.one('#sheet'); if (s) s.textContent = ''; document.body.classList.remove('sheet-open'); if (opener) opener.focus(); opener = null; }
  document.addEventListener('click', function (e) { if (G.closest(e.target, '[data-close-sheet]')) closeSheet(); });
  document.addEventListener('keydown', function (e) {
    var sheet = G.one('#sheet .sheet'); if (!sheet) return;
    if (e.key === 'Escape') closeSheet();
    if (e.key === 'Tab') {
      var stops = G.all('a[href],button:not([disabled])', sheet); if (!stops.length) return;
      var edge = e.shiftKey ? stops[0] : stops[stops.length - 1];
      if (document.activeElement === edge) { (e.shiftKey ? stops[stops.length - 1] : stops[0]).focus(); e.preventDefault(); }
    }
  });

  /* --- amounts hide themselves again ------------------------------------------------------------------------- */
  var shown = null;
  function hide() { if (shown) { shown.box.innerHTML = shown.band; clearTimeout(shown.clock); shown = null; } }
  function arm(box) {
    var amount = G.one('[data-hide-after]', box); if (!amount) return;
    var seconds = Number(amount.getAttribute('data-hide-after'));
    shown = { box: box, band: box.dataset.band, until: Date.now() + seconds * 1000, clock: setTimeout(hide, seconds * 1000) };
    G.toast(amount.getAttribute('data-toast'));
  }
  document.addEventListener('visibilitychange', function () { if (shown && Date.now() >= shown.until) hide(); });
  document.addEventListener('htmx:beforeSwap', function (e) {
    if (e.detail.target.id === 'amount' && !shown) e.detail.target.dataset.band = e.detail.target.innerHTML;
  });
  document.addEventListener('htmx:afterSwap', function (e) {
    if (e.detail.target.id === 'amount') { if (shown) clearTimeout(shown.clock); arm(e.detail.target); }
    if (e.detail.target.id === 'sheet') {
      opener = e.detail.requestConfig && e.detail.requestConfig.elt; document.body.classList.add('sheet-open');
      var s = G.one('#sheet .sheet'); if (s) s.focus();
    }
    keepTarget();
  });

  /* --- outcomes recorded without a network are kept on this device and sent later ------------------------------ */
  var KEPT = 'gengyun.outcomes';
  function kept() { try { return JSON.parse(localStorage.getItem(KEPT) || '[]'); } catch (error) { return []; } }
  function keep(list) { if (list.length) localStorage.setItem(KEPT, JSON.stringify(list)); else localStorage.removeItem(KEPT); tell(list); }
  function tell(list) {
    var box = G.one('#offline'); if (!box) return;
    box.className = list.length ? 'note note-warn' : '';
    box.textContent = list.length ? '有 ' + list.length + ' 条结果存在这台设备上，联网后自动补交' : '';
  }
  document.addEventListener('htmx:sendError', function (e) {
    var form = G.closest(e.detail.elt, 'form[data-offline]'); if (!form) return;
    var body = new URLSearchParams(new FormData(form)); body.delete('csrf_token');
    var list = kept();
    list.push({ url: form.getAttribute('hx-post'), body: body.toString(), key: Date.now() + '-' + Math.random().toString(36).slice(2, 10), at: new Date().toISOString() });
    keep(list); G.toast('没有网络，已存在这台设备上，联网后自动补交');
  });
  var replaying = false;
  function replay() {
    var list = kept(); if (!list.length || replaying) { tell(list); return; }
    replaying = true;
    var first = list[0];
    G.post(first.url, new URLSearchParams(first.body), { 'Idempotency-Key': first.key, 'X-Recorded-At': first.at }).then(function (answer) {
      replaying = false;
      if (answer.status === 401 || answer.status === 403 || answer.status >= 500) { tell(list); return; }
      keep(kept().slice(1));
      G.toast(answer.ok ? '已补交一条结果' : '有一条结果没有被接受，请到待办里重记');
      replay();
    }, function () { replaying = false; tell(list); });
  }
  window.addEventListener('online', replay);

  document.addEventListener('DOMContentLoaded', function () {
    var entry = G.one('[data-entry]', main());
    if (entry) enter(entry);
    keepTarget(); replay();
  });
})();

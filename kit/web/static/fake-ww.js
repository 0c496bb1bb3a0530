/* fake-ww.js — stands in for @wecom/jssdk in the demo and in tests; the product never serves it.
   Same method names. Where it stands and what it answers come from the address (ww_entry, ww_contact, ww_chat,
   ww_answer, ww_delay), from window.name of the demo's frame, or from postMessage({fakeWw: {...}}) of our own origin.
   answer: ok | cancel | fail | no_permission | not_allowed | internal | never */
(function () {
  'use strict';
  var KEY = 'fake-ww';
  var state = { entry: 'single_chat_tools', contact: '', chat: '', answer: 'ok', delay: 120 };
  var calls = [];

  function take(more) { Object.keys(more || {}).forEach(function (k) { if (k in state) state[k] = more[k]; }); }
  function parse(text) { try { return JSON.parse(text || '{}'); } catch (error) { return {}; } }
  take(parse(sessionStorage.getItem(KEY)));
  if (window.name.indexOf('{') === 0) take(parse(window.name));
  new URLSearchParams(location.search).forEach(function (value, name) {
    if (name.indexOf('ww_') === 0) { var o = {}; o[name.slice(3)] = value; take(o); }
  });
  sessionStorage.setItem(KEY, JSON.stringify(state));
  window.addEventListener('message', function (e) {
    if (e.origin !== location.origin || !e.data || !e.data.fakeWw) return;
    take(e.data.fakeWw); sessionStorage.setItem(KEY, JSON.stringify(state));
  });

  var SAID = {
    cancel: ':cancel', fail: ':fail', no_permission: ':fail no permission',
    not_allowed: ':fail user not in allow list', internal: ':fail without context of external contact'
  };
  function answer(name, parameters, value) {
    calls.push({ name: name, parameters: parameters || {} });
    if (state.answer === 'never') return new Promise(function () {});
    return new Promise(function (resolve, reject) {
      setTimeout(function () {
        var refused = SAID[state.answer];
        var looks = name === 'getContext' || name.indexOf('getCur') === 0;
        if (refused && !(looks && (state.answer === 'cancel' || state.answer === 'fail'))) { reject({ errMsg: name + refused }); return; }
        resolve(value);
      }, Number(state.delay));
    });
  }
  function post(payload) {
    var where = document.querySelector('meta[name="fake-ww-post"]'), token = document.querySelector('meta[name="csrf-token"]');
    if (!where) return Promise.resolve();
    return fetch(where.content, {
      method: 'POST', credentials: 'same-origin',
      headers: { 'Content-Type': 'application/json', 'X-CSRF-Token': token ? token.content : '' },
      body: JSON.stringify({ contact: state.contact, chat: state.chat, payload: payload })
    }).then(function (done) {
      if (!done.ok) throw { errMsg: 'sendChatMessage:fail' };
      if (window.parent !== window) window.parent.postMessage({ gengyunDemo: 'sent' }, location.origin);
    });
  }

  window.fakeWw = { calls: calls, state: state, sent: function () { return calls.filter(function (c) { return c.name === 'sendChatMessage'; }).map(function (c) { return c.parameters; }); } };
  window.ww = {
    SDK_VERSION: 'fake',
    register: function (options) { calls.push({ name: 'register', parameters: { corpId: options.corpId } }); },
    getContext: function () { return answer('getContext', null, { entry: state.entry, errMsg: 'getContext:ok' }); },
    getCurExternalContact: function () { return answer('getCurExternalContact', null, { userId: state.contact, errMsg: 'getCurExternalContact:ok' }); },
    getCurExternalChat: function () { return answer('getCurExternalChat', null, { chatId: state.chat, errMsg: 'getCurExternalChat:ok' }); },
    sendChatMessage: function (payload) {
      return answer('sendChatMessage', payload, payload).then(post).then(function () { return { errMsg: 'sendChatMessage:ok' }; });
    },
    openEnterpriseChat: function (parameters) {
      return answer('openEnterpriseChat', parameters, { errMsg: 'openEnterpriseChat:ok' }).then(function (done) {
        if (window.parent !== window) window.parent.postMessage({ gengyunDemo: 'open', chat: parameters.chatId || '', contact: (parameters.externalUserIds || [''])[0] }, location.origin);
        return done;
      });
    },
    openExistedChatWithMsg: function (parameters) { return answer('openExistedChatWithMsg', parameters, { errMsg: 'openExistedChatWithMsg:ok' }); }
  };
})();

// All JavaScript of the pages, a section per page. The wallet works without any of it.
'use strict';

// ---- wallet ----

if (document.body.dataset.page === 'wallet') {
  const step = document.querySelector('form[data-step]');
  const token = step?.elements.token.value;
  const key = 'epayment-sandbox asked';

  // The total follows the delivery.
  step?.addEventListener('change', ({ target }) => {
    if (target.dataset.total) document.getElementById('total').textContent = target.dataset.total;
  });

  // A second press while the first is on its way does nothing.
  for (const form of document.forms) {
    form.addEventListener('submit', (event) => {
      if (form.dataset.sent) event.preventDefault();
      form.dataset.sent = 'yes';
    });
  }

  // Who goes back from the request to the number cancels the payment. Only a step through the history counts, and only
  // if the request was the last of our pages in this tab: a visit by link, a reload or a second tab cancels nothing.
  addEventListener('pageshow', ({ persisted }) => {
    for (const form of document.forms) delete form.dataset.sent;
    if (step?.dataset.step === 'ask') {
      sessionStorage.setItem(key, token);
      // A browser that brings the choices of an earlier visit back does so before this.
      step.querySelector('[data-total]:checked')?.dispatchEvent(new Event('change', { bubbles: true }));
      return;
    }
    const wasAsked = sessionStorage.getItem(key) === token;
    sessionStorage.removeItem(key);
    const [navigation] = performance.getEntriesByType('navigation');
    if (step && wasAsked && (persisted || navigation?.type === 'back_forward')) {
      const form = document.querySelector('form[data-left]');
      form.querySelector('button').value = 'leave';
      form.requestSubmit(form.querySelector('button'));
    }
  });
}

// ---- dashboard ----

if (document.body.dataset.page === 'dashboard') (() => {
  const $ = (id) => document.getElementById(id);
  const main = $('content');
  const KEY = 'epayment-sandbox-control-token';

  // -- calls: everything under /_sandbox goes with the control token, if there is one

  const headers = (more) => {
    const token = sessionStorage.getItem(KEY);
    return token ? { Authorization: `Bearer ${token}`, ...more } : { ...more };
  };

  /** Calls the control API. Resolves to the answer; one that is refused throws with its reason. */
  async function control(method, path, body) {
    const more = body === undefined ? {} : { 'Content-Type': 'application/json' };
    const answer = await fetch(path, {
      method, headers: headers(more), cache: 'no-store', body: body === undefined ? undefined : JSON.stringify(body),
    });
    if (answer.status === 401) return askForToken(true);
    if (!answer.ok) {
      const problem = await answer.json().catch(() => ({}));
      throw new Error([problem.title, problem.detail].filter(Boolean).join(': ') || `Status ${answer.status}.`);
    }
    return answer;
  }

  /** Asks for the control token. What asked never goes on: the page begins anew. */
  function askForToken(wasWrong) {
    // Several calls may find out at once.
    if (wasWrong && sessionStorage.getItem(KEY)) $('token-wrong').hidden = false;
    sessionStorage.removeItem(KEY);
    if (!$('token').open) $('token').showModal();
    return new Promise(() => {});
  }
  $('token-form').addEventListener('submit', (event) => {
    event.preventDefault();
    sessionStorage.setItem(KEY, event.target.token.value.trim());
    location.reload();
  });
  $('token').addEventListener('cancel', (event) => event.preventDefault());

  let quiet;
  function say(text) {
    $('failed').hidden = true;
    $('said').textContent = text;
    clearTimeout(quiet);
    quiet = setTimeout(() => { $('said').textContent = ''; }, 6000);
  }
  function fail(error, place = $('failed')) {
    $('said').textContent = '';
    place.textContent = error.message;
    place.hidden = false;
    if (place === $('failed')) {
      clearTimeout(quiet);
      quiet = setTimeout(() => { place.hidden = true; }, 20000);
    }
  }

  // -- views: fetched, and put in the place of the old ones without disturbing what a person does there

  const views = () => [...main.querySelectorAll('[data-view]')].filter((view) => view.dataset.view);
  const isKept = (element, name) =>
    (name === 'open' && (element.tagName === 'DETAILS' || element.tagName === 'DIALOG')) || name === 'aria-current';
  const keyOf = (node) => (node.nodeType === 1 ? node.dataset.key : undefined);

  /** Makes `from` what `to` is. Elements are known again by their key, or by their place. */
  function morph(from, to) {
    if ('keep' in from.dataset) return;
    for (const { name, value } of to.attributes) {
      if (!isKept(from, name) && from.getAttribute(name) !== value) from.setAttribute(name, value);
    }
    for (const { name } of [...from.attributes]) {
      if (!isKept(from, name) && !to.hasAttribute(name)) from.removeAttribute(name);
    }
    children(from, to);
  }

  function children(from, to) {
    const known = new Map();
    const wanted = new Set([...to.children].map(keyOf).filter(Boolean));
    for (const child of [...from.children]) {
      const key = keyOf(child);
      if (key && wanted.has(key)) known.set(key, child);
      else if (key) child.remove();
    }
    const wasEmpty = !from.firstElementChild;
    let at = from.firstChild;
    for (const next of [...to.childNodes]) {
      const key = keyOf(next);
      const isSame = (node) => node && node.nodeType === next.nodeType && node.nodeName === next.nodeName && !keyOf(node);
      const match = key ? known.get(key) : isSame(at) ? at : undefined;
      if (!match) {
        if (key && !wasEmpty) next.classList.add('arrives');
        from.insertBefore(next, at);
        continue;
      }
      if (match === at) at = at.nextSibling;
      else from.insertBefore(match, at);
      if (match.nodeType === 1) morph(match, next);
      else if (match.data !== next.data) match.data = next.data;
    }
    while (at) {
      const next = at.nextSibling;
      at.remove();
      at = next;
    }
  }

  async function load(view) {
    const source = view.dataset.view + (view.id === 'list' || view.querySelector('[data-filter]') || view.id === 'view' ? location.search : '');
    const answer = await control('GET', source);
    const text = await answer.text();
    const template = document.createElement('template');
    template.innerHTML = text;
    // A person may have gone on meanwhile.
    if (source.startsWith(view.dataset.view)) children(view, template.content);
    mark();
  }

  function mark() {
    for (const link of main.querySelectorAll('a[data-row]')) {
      if (link.pathname === location.pathname) link.setAttribute('aria-current', 'true');
      else link.removeAttribute('aria-current');
    }
  }

  let running = false;
  let wanted = false;
  let waiting;
  /** Fetches the views again: soon, once for all that happened meanwhile, and at a pace that the sandbox can keep. */
  function refresh(now) {
    wanted = true;
    if (now) { clearTimeout(waiting); waiting = undefined; }
    if (running || waiting) return;
    waiting = setTimeout(async () => {
      waiting = undefined;
      running = true;
      wanted = false;
      const began = performance.now();
      try {
        await Promise.all(views().map(load));
      } catch (error) {
        if (!(error instanceof TypeError)) fail(error);
      }
      running = false;
      pace = Math.min(5000, Math.max(250, 4 * (performance.now() - began)));
      if (wanted) refresh();
    }, now ? 0 : pace);
  }
  let pace = 50;

  // -- the live stream: read by hand, because an EventSource sends no token

  let stream;
  function isMine(kind, data) {
    if (kind === 'resync' || kind === 'clock') return true;
    const payment = location.pathname.startsWith('/_sandbox/ui/payments/') && location.pathname.split('/').pop();
    // On a narrow screen the list is not there, so that only the payment counts.
    return !payment || innerWidth >= 1024 || data.includes(payment);
  }

  async function listen() {
    stream?.abort();
    const mine = (stream = new AbortController());
    try {
      const answer = await fetch('/_sandbox/events', { headers: headers(), signal: mine.signal, cache: 'no-store' });
      if (answer.status === 401) return void askForToken(true);
      if (!answer.ok) throw new Error();
      live(true);
      refresh();
      const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
      let rest = '';
      for (;;) {
        const { done, value } = await reader.read();
        if (done) break;
        const lines = (rest + value).split('\n\n');
        rest = lines.pop();
        for (const line of lines) {
          const [, kind, data] = /^event: (\w+)\ndata: (.*)$/.exec(line) ?? [];
          if (kind === 'clock' || kind === 'resync') readClock();
          if (kind && isMine(kind, data)) refresh();
        }
      }
    } catch { /* Said below. */ }
    if (mine !== stream) return;
    live(false);
    setTimeout(() => mine === stream && !document.hidden && listen(), 1000);
  }
  function live(on) {
    $('live').textContent = on ? '● live' : '○ not connected';
    $('live').classList.toggle('on', on);
  }
  // A browser has few connections for one host: pages that nobody looks at give theirs back.
  document.addEventListener('visibilitychange', () => {
    if (main.dataset.needsToken === 'true' && !sessionStorage.getItem(KEY)) return;
    if (document.hidden) {
      stream?.abort();
      stream = undefined;
      live(false);
    } else listen();
  });

  // -- the clock

  let shown;
  async function readClock() {
    const answer = await control('GET', '/_sandbox/clock').catch(() => undefined);
    if (!answer) return;
    const { now, mode } = await answer.json();
    shown = { at: Date.parse(now), since: performance.now(), runs: mode === 'real' };
    $('mode').hidden = shown.runs;
    tick();
  }
  function tick() {
    if (!shown) return;
    const at = shown.at + (shown.runs ? performance.now() - shown.since : 0);
    const text = new Date(at).toISOString();
    const short = text.replace('T', ' ').replace(/\..*/, '');
    if ($('now').textContent !== short) {
      $('now').textContent = short;
      $('now').dateTime = text;
    }
  }
  setInterval(() => document.hidden || tick(), 1000);

  $('advance').addEventListener('submit', async (event) => {
    event.preventDefault();
    const by = $('by').value.trim();
    if (!/^(P.+|(\d+([.,]\d+)?(ms|[smhdw]))+)$/i.test(by)) {
      $('by').setAttribute('aria-invalid', 'true');
      return fail(new Error('Write how far the clock is to go, for example 11m or P180D.'));
    }
    $('by').removeAttribute('aria-invalid');
    try {
      const answer = await control('POST', '/_sandbox/clock/advance', { by });
      const { fired } = await answer.json();
      say(`The clock went on by ${by}. ${fired.length === 1 ? '1 timer' : `${fired.length} timers`} went off.`);
    } catch (error) { fail(error); }
    readClock();
    refresh(true);
  });

  // -- acting

  const random = () => [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('');

  /** Reads `119,00` as minor units. */
  function minor(text) {
    const [, whole, part = ''] = /^(\d{1,9})(?:[.,](\d{1,2}))?$/.exec(text.replace(/[\s\u00a0]/g, '')) ?? [];
    if (whole === undefined) throw new Error(`"${text}" is no amount: write it like 119,00.`);
    return Number(whole) * 100 + Number(part.padEnd(2, '0'));
  }

  /** Captures, refunds or cancels through the emulated API, with the sales unit's own credentials. */
  async function asMerchant(element) {
    const { merchant, msn, reference, currency } = element.dataset;
    const body = merchant === 'cancel' ? undefined
      : { modificationAmount: { currency, value: minor(element.elements.amount.value) } };
    const unit = await (await control('GET', `/_sandbox/sales-units/${msn}`)).json();
    const common = {
      'Ocp-Apim-Subscription-Key': unit.subscriptionKeys[0] ?? 'dashboard',
      'Merchant-Serial-Number': msn,
      'Vipps-System-Name': 'epayment-sandbox-dashboard',
    };
    let token = 'dashboard';
    if (unit.clientId && unit.clientSecret) {
      const keys = { ...common, client_id: unit.clientId, client_secret: unit.clientSecret };
      const answer = await fetch('/accesstoken/get', { method: 'POST', headers: keys });
      if (!answer.ok) throw new Error(`No access token for sales unit ${msn}: status ${answer.status}.`);
      token = (await answer.json()).access_token;
    }
    const answer = await fetch(`/epayment/v1/payments/${encodeURIComponent(reference)}/${merchant}`, {
      method: 'POST',
      headers: {
        ...common, Authorization: `Bearer ${token}`, 'Idempotency-Key': random(),
        ...(body && { 'Content-Type': 'application/json' }),
      },
      body: body && JSON.stringify(body),
    });
    if (answer.ok) return;
    const problem = await answer.json().catch(() => ({}));
    const code = problem.extraDetails?.[0]?.reason ?? '';
    const call = await control('GET', `/_sandbox/requests/${answer.headers.get('Sandbox-Request-Id')}`)
      .then((found) => found.json()).catch(() => ({}));
    const title = [code, problem.title ?? `Status ${answer.status}`].filter(Boolean).join(' ');
    throw new Error(`${title}. ${call.explanation ?? problem.detail ?? ''}`);
  }

  const given = (form, name) => form.elements[name].value.trim() || undefined;
  /** What forms say, as the control API wants it. */
  const shapes = {
    fault(form) {
      const [kind, value] = given(form, 'then').split(/:(.*)/);
      const times = given(form, 'times');
      return {
        match: { operation: given(form, 'operation'), msn: given(form, 'msn'), reference: given(form, 'reference') },
        then: { [kind]: kind === 'status' ? Number(value) : value },
        times: times && /^\d+$/.test(times) ? Number(times) : times ?? null,
        commit: form.elements.commit.checked,
      };
    },
    user: (form) => ({ behaviour: given(form, 'behaviour'), after: given(form, 'after') ?? '0s' }),
  };

  async function act(element) {
    const { post, method = 'POST', body, shape, said, sure, merchant } = element.dataset;
    if (sure && !confirm(sure)) return;
    const place = element.querySelector('[data-failed]') ?? undefined;
    if (place) place.hidden = true;
    element.setAttribute('aria-busy', 'true');
    try {
      if (merchant) await asMerchant(element);
      else {
        const path = shape === 'user' ? post + encodeURIComponent(given(element, 'phoneNumber').replace(/[\s+]/g, '')) : post;
        const answer = await control(method, path, body ? JSON.parse(body) : shape ? shapes[shape](element) : undefined);
        const { warning } = shape === 'fault' ? await answer.json() : {};
        if (warning) return void say(`${said} ${warning}`);
      }
      element.closest('dialog')?.close();
      say(said);
    } catch (error) {
      fail(error, place);
    } finally {
      element.removeAttribute('aria-busy');
      refresh(true);
      if (post?.startsWith('/_sandbox/clock')) readClock();
    }
  }

  async function copy(button) {
    const source = $(button.dataset.copy);
    try {
      await navigator.clipboard.writeText(source.textContent);
      say('Copied.');
    } catch {
      // Not everywhere may a page write to the clipboard: it can be marked to be copied by hand.
      source.hidden = false;
      getSelection().selectAllChildren(source);
      say('Marked; copy it with Ctrl+C.');
    }
  }

  document.addEventListener('click', (event) => {
    const link = event.target.closest('a[data-soft]');
    if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey && event.button === 0) {
      event.preventDefault();
      const back = 'back' in link.dataset && history.state?.from;
      return go(back || link.href, true);
    }
    const button = event.target.closest('button');
    if (!button) return;
    const { post, merchant, opens, copy: source } = button.dataset;
    if (post || merchant) act(button);
    else if (opens) $(opens).showModal();
    else if ('closes' in button.dataset) button.closest('dialog').close();
    else if (source) copy(button);
  });

  document.addEventListener('submit', (event) => {
    const form = event.target;
    if ('filter' in form.dataset) {
      event.preventDefault();
      filter(form, true);
    } else if (form.dataset.post || form.dataset.merchant) {
      event.preventDefault();
      act(form);
    }
  });

  // -- going from payment to payment, and searching, without a new page

  function go(href, asks) {
    const to = new URL(href, location);
    const path = to.pathname.split('/_sandbox/ui/payments/')[1];
    const from = history.state?.from ?? (location.pathname === '/_sandbox/ui/' ? location.href : undefined);
    // The list stays as it was filtered.
    if (path && !to.search) to.search = location.search;
    if (asks) history.pushState({ from }, '', to);
    show();
    if (path) $('detail').focus({ preventScroll: innerWidth >= 1024 });
    else if (innerWidth < 1024) scrollTo(0, 0);
  }
  function show() {
    const asked = new URLSearchParams(location.search);
    for (const field of main.querySelectorAll('[data-filter] [name]')) field.value = asked.get(field.name) ?? '';
    const path = location.pathname.split('/_sandbox/ui/payments/')[1];
    const detail = $('detail');
    if (!detail) return;
    const view = path ? `/_sandbox/ui/view/payments/${path}` : '';
    if (detail.dataset.view !== view) {
      detail.dataset.view = view;
      detail.replaceChildren();
      detail.scrollTop = 0;
      if (!path) {
        const hint = document.createElement('p');
        hint.className = 'hint muted';
        hint.textContent = 'Choose a payment to see everything that happened to it.';
        detail.append(hint);
      }
      document.title = `${path ? decodeURIComponent(path.split('/')[1] ?? '') : 'Payments'} – epayment-sandbox`;
      detail.parentElement.classList.toggle('chosen', Boolean(path));
    }
    mark();
    refresh(true);
  }
  addEventListener('popstate', show);

  let typing;
  function filter(form, now) {
    clearTimeout(typing);
    typing = setTimeout(() => {
      const query = new URLSearchParams([...new FormData(form)].filter(([, value]) => value));
      const to = new URL(location);
      to.search = query;
      history.replaceState(history.state, '', to);
      refresh(true);
    }, now ? 0 : 200);
  }
  main.addEventListener('input', (event) => {
    const form = event.target.closest('[data-filter]');
    if (form) filter(form, event.target.tagName === 'SELECT');
  });

  // -- headers and bodies, when somebody unfolds them

  main.addEventListener('toggle', async (event) => {
    const source = event.target.open && event.target.dataset.lazy;
    const place = source && event.target.querySelector('.lazy');
    if (!place || place.childElementCount) return;
    try {
      place.innerHTML = await (await control('GET', source)).text();
    } catch (error) { fail(error); }
  }, true);

  // -- keys

  const keys = {
    '/': () => main.querySelector('input[type="search"]')?.focus(),
    t: () => $('by').focus(),
    '?': () => $('help').showModal(),
    j: () => step(1),
    k: () => step(-1),
    a: () => main.querySelector('[data-hotkey="a"]')?.click(),
    r: () => (main.querySelector('[data-hotkey="r"]')
      ?? document.activeElement?.closest('li')?.querySelector('[data-redeliver]')
      ?? [...main.querySelectorAll('#detail [data-redeliver]')].pop())?.click(),
  };
  function step(by) {
    const rows = [...main.querySelectorAll('[data-row]')].filter((row) => row.offsetParent);
    const at = rows.indexOf(document.activeElement);
    const chosen = rows.findIndex((row) => row.hasAttribute('aria-current'));
    const next = at >= 0 ? at + by : chosen >= 0 ? chosen + by : by > 0 ? 0 : rows.length - 1;
    rows[Math.max(0, Math.min(rows.length - 1, next))]?.focus();
  }
  document.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector('dialog[open]')) return;
    if (event.key === 'Escape') document.activeElement?.blur();
    if (event.target.matches('input, select, textarea')) return;
    const key = keys[event.key];
    if (!key) return;
    event.preventDefault();
    key();
  });

  // -- beginning

  if (main.dataset.needsToken === 'true' && !sessionStorage.getItem(KEY)) askForToken(false);
  else {
    readClock();
    refresh(true);
    listen();
  }
})();

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

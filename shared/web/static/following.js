"use strict";
// For pages that change by themselves. `following.patch` puts HTML into an element and replaces only
// what differs, so that who is at a button with the keyboard, or has marked some text, stays there.
// `following.follow` shows what a server pushes, by the names of its events, and says in #stale when
// nothing is pushed any more: a page that is old and does not say so is worse than none.
const following = (() => {
  const isWord = (node) => node.nodeType !== Node.TEXT_NODE || node.data.trim() !== "";
  const partsOf = (element) => [...element.childNodes].filter(isWord);

  const patchNode = (old, next) => {
    if (old.isEqualNode(next)) return;
    const isElement = old.nodeType === Node.ELEMENT_NODE && old.nodeName === next.nodeName;
    const isKnown = isElement && old.dataset.key && old.dataset.key === next.dataset.key;
    if (isKnown) copyAttributes(old, next);
    if (isKnown || (isElement && old.cloneNode(false).isEqualNode(next.cloneNode(false)))) {
      patchParts(old, next);
    } else old.replaceWith(next);
  };

  const copyAttributes = (old, next) => {
    for (const { name } of [...old.attributes]) {
      if (!next.hasAttribute(name)) old.removeAttribute(name);
    }
    for (const { name, value } of next.attributes) old.setAttribute(name, value);
  };

  const patchParts = (old, next) => {
    const olds = partsOf(old);
    const nexts = partsOf(next);
    if (nexts.some((each) => each.dataset?.key)) patchKeyed(old, next);
    else if (olds.length === nexts.length) olds.forEach((each, index) => patchNode(each, nexts[index]));
    else old.replaceChildren(...next.childNodes);
  };

  // Of a list, each entry with a `data-key`: what is there stays, what is new is put between.
  const patchKeyed = (old, next) => {
    const known = new Map([...old.children].map((each) => [each.dataset.key, each]));
    let at = old.firstElementChild;
    const passBy = () => {
      const gone = at;
      at = at.nextElementSibling;
      gone.remove();
    };
    for (const each of [...next.children]) {
      const same = known.get(each.dataset.key);
      if (same?.parentNode === old) {
        while (at !== same) passBy();
        at = same.nextElementSibling;
        patchNode(same, each);
      } else old.insertBefore(each, at);
    }
    while (at) passBy();
  };

  const patch = (element, html) => {
    const next = element.cloneNode(false);
    next.innerHTML = html; // the same template as the page's own, escaped by the server
    patchParts(element, next);
  };

  // Each stream ends after some minutes and is begun anew at once: no more is said of that than of
  // a server that starts again.
  const follow = (address, shows) => {
    const stale = document.getElementById("stale");
    let doubt = 0;
    let wait = 10000;
    const open = () => {
      const source = new EventSource(address);
      for (const [name, show] of Object.entries(shows)) {
        source.addEventListener(name, (event) => show(event.data));
      }
      source.onopen = () => {
        clearTimeout(doubt);
        doubt = 0;
        wait = 10000;
        stale.hidden = true;
      };
      source.onerror = () => {
        doubt ||= setTimeout(() => { stale.hidden = false; }, 6000);
        // By itself a browser tries again only where nobody answers, not where the answer is no.
        if (source.readyState !== EventSource.CLOSED) return;
        setTimeout(open, wait);
        wait = Math.min(2 * wait, 300000);
      };
    };
    open();
  };

  return { patch, follow };
})();

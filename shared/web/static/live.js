"use strict";
// Puts what the server pushes into #live, and counts seconds down between two pushes. What is sent
// less often goes where its event is named.
(() => {
  const live = document.getElementById("live");
  if (!live?.dataset.stream || !window.EventSource) return;

  let ends = [];
  const begin = () => {
    const now = Date.now();
    ends = [...live.querySelectorAll("[data-seconds]")].map((element) => [
      element,
      now + Number(element.dataset.seconds) * 1000,
    ]);
  };
  setInterval(() => {
    for (const [element, end] of ends) {
      element.textContent = String(Math.max(0, Math.ceil((end - Date.now()) / 1000)));
    }
  }, 500);

  // A chat is read at its end; who reads further up is left there.
  const scroller = document.scrollingElement;
  const isAtEnd = () => scroller.scrollHeight - scroller.scrollTop - innerHeight < 160;

  const shows = {
    message: (html) => {
      const follows = "tail" in live.dataset && isAtEnd();
      following.patch(live, html);
      if (follows) scroller.scrollTop = scroller.scrollHeight;
      begin();
    },
  };
  for (const part of document.querySelectorAll("[data-event]")) {
    shows[part.dataset.event] = (html) => following.patch(part, html);
  }
  begin();
  following.follow(live.dataset.stream, shows);
})();

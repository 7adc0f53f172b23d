/* One save of the editor at a time.
 *
 * Wagtail saves a draft by itself while the button "Save" stays free, and asks every ten seconds whether somebody
 * else has saved. Where these overlap, an editor is told that their own draft is a newer version of somebody else,
 * a draft saved by itself may come after the one saved by hand, and a new page may be made twice. So:
 * - the button waits for the save that is under way;
 * - nothing saves by itself once the button has been pressed;
 * - an answer to a question asked before a save is not heard.
 */
(() => {
  "use strict";

  const LONGEST_WAIT = 10_000; // milliseconds; then the button acts in any case
  const form = document.querySelector("form[data-edit-form][data-controller~='w-autosave']");
  if (!form) return;

  let underWay = false; // a save by itself has left and is not back
  let pressed = false; // the form leaves the page
  let waiting = null; // what the button does when the save is back

  const controller = (element, name) =>
    window.wagtail?.app?.getControllerForElementAndIdentifier(element, name) ?? null;

  form.addEventListener("w-autosave:save", (event) => {
    if (pressed || waiting) {
      event.preventDefault();
      return;
    }
    underWay = true;
    const sessions = document.querySelector("form.w-editing-sessions");
    if (sessions) controller(sessions, "w-swap")?.abortController?.abort();
  });

  const back = () => {
    underWay = false;
    const act = waiting;
    waiting = null;
    act?.();
  };
  form.addEventListener("w-autosave:success", back);
  form.addEventListener("w-autosave:error", back);

  // Before the listeners of the form itself, so that none of them takes the form for sent.
  document.addEventListener(
    "submit",
    (event) => {
      if (event.target !== form) return;
      if (!underWay) {
        pressed = true;
        setTimeout(() => {
          if (event.defaultPrevented) pressed = false; // somebody else keeps the form here
        });
        return;
      }
      event.preventDefault();
      event.stopImmediatePropagation();
      if (waiting) return;
      const button = event.submitter;
      const timer = setTimeout(back, LONGEST_WAIT);
      waiting = () => {
        clearTimeout(timer);
        if (button) button.disabled = false; // a button that shows progress is disabled, and would not be sent
        form.requestSubmit(button);
      };
    },
    true,
  );

  // A page that the browser kept and shows again is edited again.
  window.addEventListener("pageshow", () => {
    pressed = false;
  });
})();

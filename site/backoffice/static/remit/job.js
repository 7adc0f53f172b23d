/* The page of a job asks for itself every second and draws what the answer holds, until the job has ended.
   Without script the browser loads the page anew every few seconds. */

const PAUSE = 1000;
const LONGEST = 15000;

let pause = PAUSE;

function draw(html) {
  const here = document.querySelector("[data-job]");
  const fresh = new DOMParser().parseFromString(html, "text/html").querySelector("[data-job]");
  if (!here || !fresh) return false;
  const focused = here.contains(document.activeElement);
  if (fresh.hasAttribute("data-running") && here.querySelector("progress") && !fresh.querySelector("[disabled]")) {
    // Only what moves is replaced: the button under the pointer and the words somebody is read stay as they are.
    for (const part of [".job__head > .chip", ".job__bar"]) here.querySelector(part)?.replaceWith(fresh.querySelector(part));
    const [step, other] = [here, fresh].map((one) => one.querySelector(".job__step"));
    if (step.textContent !== other.textContent) step.textContent = other.textContent;
  } else {
    here.replaceWith(fresh);
    if (focused || fresh.querySelector("[data-result]")) fresh.querySelector("a.button, button:not([disabled])")?.focus();
  }
  return fresh.hasAttribute("data-running");
}

async function ask() {
  const here = document.querySelector("[data-job][data-running]");
  if (!here) return;
  let running = true;
  try {
    const response = await fetch(here.dataset.address, { headers: { "X-Requested-With": "XMLHttpRequest" } });
    if (response.ok) {
      running = draw(await response.text());
      pause = PAUSE;
    } else if (response.status === 404) {
      location.reload(); // signed out meanwhile, or the job is gone: the page says which
      return;
    } else {
      throw new Error(String(response.status));
    }
  } catch {
    here.querySelector(".job__step").textContent = here.dataset.lost;
    pause = Math.min(LONGEST, pause * 2);
  }
  if (running) setTimeout(ask, pause);
}

setTimeout(ask, PAUSE);

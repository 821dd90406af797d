// The blind test (ABX): answers apart from the pads, each confirmed by a second tap; the next trial comes by itself.

import { attribute, button, el, show, text } from "../dom.js";
import { percent } from "../format.js";
import { rig } from "../here.js";
import { S } from "../strings.js";

/** A tap says what is thought, another one makes it final; whoever listens in between takes it back. */
function answer(side) {
  const name = `answer_${side.toLowerCase()}`;
  const key = button(
    ".answer",
    S.bench.answer(side),
    () => rig.do(rig.store.state.test?.asked === side ? "confirm_answer" : name),
    { data: { command: name } },
  );
  rig.store.watch(
    ({ state }) => state.test?.asked === side,
    (isAsked) => {
      attribute(key, "data-sure", isAsked);
      text(key, isAsked ? S.bench.answerAgain(side) : S.bench.answer(side));
    },
  );
  return key;
}

export function blindTest() {
  const needed = el("p");
  const result = el("p.result", { role: "status" });
  const sealed = el("p.soft.sealed");
  const bar = el("div.steps-bar", { role: "progressbar", "aria-label": S.bench.test, "aria-valuemin": 0 });
  const begin = button(".strong", S.bench.testBegin, () => rig.do("begin_test"), { data: { command: "begin_test" } });
  const answers = el("div.row.big", {}, answer("A"), answer("B"));
  const help = el("p.soft", {}, S.bench.answerHelp);
  rig.store.watch(
    ({ state }) => state.test ?? null,
    (test) => {
      for (const part of [bar, begin, answers, help, sealed, result]) show(part, Boolean(test));
      if (!test) {
        text(needed, S.bench.noTest);
        return;
      }
      const isFew = test.needed === null || test.needed === undefined;
      text(needed, isFew ? S.bench.tooFew(test.trials) : S.bench.needed(test.trials, test.needed, percent(test.p, 1)));
      needed.classList.toggle("warning", isFew);
      attribute(bar, "aria-valuemax", test.trials);
      attribute(bar, "aria-valuenow", test.answered);
      attribute(bar, "aria-valuetext", S.bench.answered(test.answered, test.trials));
      bar.replaceChildren(
        ...Array.from({ length: Math.min(test.trials, 100) }, (_, at) =>
          el(at < test.answered ? "i.done" : at === test.answered && test.in_trial ? "i.now" : "i"),
        ),
      );
      const isOver = Boolean(test.result) || test.answered >= test.trials;
      show(begin, !isOver && !test.in_trial);
      text(begin, test.answered ? S.bench.testGoOn : S.bench.testBegin);
      show(answers, Boolean(test.in_trial));
      show(help, Boolean(test.in_trial));
      const [head, ...rest] = (test.result ?? S.bench.answered(test.answered, test.trials)).split(": ");
      const after = rest.join(": ");
      result.replaceChildren(el("b", {}, head), after && `${after[0].toUpperCase()}${after.slice(1)}`);
      text(sealed, test.commitment ? `${S.bench.commitment}: ${test.commitment}` : "");
    },
  );
  const parts = [el("h2", {}, S.bench.test), needed, bar, begin, answers, help, result, sealed];
  const card = el("section.card.first", { "aria-label": S.bench.test }, ...parts);
  rig.store.watch(
    ({ state }) => Boolean(state.test),
    (isTest) => attribute(card, "data-on", isTest),
  );
  return card;
}

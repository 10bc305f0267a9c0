"use strict";
(() => {
  const rule = document.getElementById("by-rule"), outlet = document.getElementById("by-outlet");
  if (!rule) return;
  const fits = (choice, values) => choice.value === "*" || values.includes(choice.value);
  const choose = () => {
    for (const sample of document.querySelectorAll(".sample")) {
      const { rules, outlet: from } = sample.dataset;
      sample.hidden = !(fits(rule, rules.split(" ")) && fits(outlet, [from]));
    }
  };
  // report.html#rule=tags&outlet=x opens with these chosen.
  const asked = new URLSearchParams(location.hash.slice(1));
  rule.value = asked.get("rule") ?? "*";
  outlet.value = asked.get("outlet") ?? "*";
  choose();
  rule.addEventListener("change", choose);
  outlet.addEventListener("change", choose);
})();

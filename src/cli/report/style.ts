// How reports look: on screens of either colour and any width, and on paper, which is always white.

/** Colours of series, and how many there are before they begin again. */
export const SERIES = 8;

/** After Okabe and Ito, whom the colour blind can follow; each at least 3 : 1 against its page. */
const LIGHT = ["#0072b2", "#c65300", "#00875f", "#b0568a", "#806200", "#6a51a3", "#1b1b1f", "#757575"];
const DARK = ["#56b4e9", "#e69f00", "#2fc79b", "#e79cc5", "#f0e442", "#b8a6ee", "#ffffff", "#a0a0a0"];

const series = (colours: readonly string[]): string =>
  colours.map((colour, i) => `--series-${i}: ${colour};`).join(" ");

/** Holds nothing that a user named. */
export const STYLE = `
:root { --page: #ffffff; --ink: #1b1b1f; --quiet: #565c66; --rule: #d5d8de; --shade: #0003; --zone: #eef0f3; --link: #0a55c4;
  --good: #00734f; --warn: #8a5a00; --bad: #b3261e; --mark: #b3261e; ${series(LIGHT)} }
@media screen { :root { color-scheme: light dark; } }
@media screen and (prefers-color-scheme: dark) { :root { --page: #16181d; --ink: #e8eaed; --quiet: #a6adb9; --rule: #3b404a;
  --shade: #fff3; --zone: #22262e; --link: #8ab4ff; --good: #5fd4a8; --warn: #f0b429; --bad: #ff8a80; --mark: #ff8a80; ${series(DARK)} } }
html { font: 100%/1.5 system-ui, sans-serif; color: var(--ink); background: var(--page); -webkit-text-size-adjust: 100%; }
body { max-width: 72rem; margin: 0 auto; padding: 2rem 1rem 4rem; overflow-wrap: anywhere; }
h1, h2, h3 { line-height: 1.25; text-wrap: balance; }
h1 { margin: 0 0 0.75rem; font-size: 1.75rem; }
h2 { margin: 2rem 0 0.75rem; font-size: 1.3rem; }
section > h2 { margin-top: 0; }
h3 { margin: 1.75rem 0 0.5rem; font-size: 1rem; }
p, dd, .findings { max-width: 48rem; }
p { margin: 0 0 0.75rem; }
a { color: var(--link); }
th a { font-weight: 400; }
main > section { margin-top: 2.25rem; padding-top: 1.25rem; border-top: 1px solid var(--rule); scroll-margin-top: 1rem; }
main > section > h3:nth-child(2) { margin-top: 0; }
section:target > h2 { text-decoration: underline; text-decoration-color: var(--link); text-underline-offset: 0.3em; }
.kicker, .about, .up, figcaption p { color: var(--quiet); }
.kicker { margin: 0; font-weight: 600; }
.lead { font-size: 1.125rem; }
.up { margin: 1rem 0 0; font-size: 0.9rem; }
.green { color: var(--good); } .yellow { color: var(--warn); } .red { color: var(--bad); } .dim { color: var(--quiet); }
.bold, .green, .yellow, .red { font-weight: 600; }
nav ul { display: flex; flex-wrap: wrap; gap: 0.25rem 1.5rem; margin: 0; padding: 0; list-style: none; }
.findings { display: grid; grid-template-columns: fit-content(14rem) max-content 1fr; column-gap: 1.25rem; margin: 0 0 1rem;
  padding: 0; list-style: none; }
.findings li { display: grid; grid-column: 1 / -1; grid-template-columns: subgrid; padding: 0.3rem 0;
  border-bottom: 1px solid var(--rule); }
@media (max-width: 40rem) { .findings li > :last-child { grid-column: 1 / -1; } }
.scroll { margin: 0 0 0.75rem; overflow-x: auto; overflow-wrap: normal;
  background: linear-gradient(to left, var(--page) 50%, transparent) right / 3rem 100% no-repeat local,
    linear-gradient(to left, var(--shade), transparent) right / 0.75rem 100% no-repeat; }
.scroll:focus-visible, a:focus-visible, summary:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
table { border-collapse: separate; border-spacing: 0; font-size: 0.9375rem; font-variant-numeric: tabular-nums; }
th, td { padding: 0.3rem 0.75rem; border-bottom: 1px solid var(--rule); text-align: right; vertical-align: baseline;
  white-space: nowrap; }
th { font-weight: 600; }
thead th { color: var(--quiet); }
tbody th, thead th:first-child { position: sticky; left: 0; background: var(--page); }
tr > :first-child { padding-left: 0; }
th.left, td.left { text-align: left; }
.words { display: block; width: max-content; max-width: min(30rem, 45vw); white-space: normal; overflow-wrap: anywhere; }
.figures { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 20.5rem), 1fr)); gap: 1.75rem 2rem;
  margin-top: 1.75rem; }
figure { min-width: 0; max-width: 34rem; margin: 0; }
figcaption :is(h2, h3) { margin: 0 0 0.25rem; font-size: 1rem; }
figcaption p { margin: 0 0 0.5rem; font-size: 0.9375rem; }
.legend { display: flex; flex-wrap: wrap; gap: 0 1rem; margin: 0 0 0.25rem; padding: 0; list-style: none; font-size: 0.875rem; }
.legend svg { width: 0.9rem; height: 0.9rem; vertical-align: -0.1rem; }
.plot { display: block; width: 100%; height: auto; font: 13px system-ui, sans-serif; }
.plot text { white-space: pre; }
summary { width: fit-content; color: var(--link); font-size: 0.9375rem; cursor: pointer; }
details .scroll { margin-top: 0.5rem; }
dt { font-weight: 600; }
dd { margin: 0 0 0.75rem; }
@page { margin: 15mm; }
@media print { html { font-size: 10pt; } body { max-width: none; padding: 0; } .up, summary { display: none; }
  details::details-content { display: block; content-visibility: visible; } .scroll { overflow: visible; background: none; }
  table { font-size: 8pt; } th, td { padding: 0.1rem 0.4rem; white-space: normal; }
  .words { width: auto; } figure:has(th:nth-child(6)) { grid-column: 1 / -1; } tbody th, thead th:first-child { position: static; }
  figure, li, tr, dt { break-inside: avoid; } figure:has(tr:nth-child(20)) { break-inside: auto; } h1, h2, h3, dt { break-after: avoid; }
  a { color: inherit; text-decoration: none; } }
`;

/** Of STYLE: all that the page's policy allows. The tests say what it has to be. */
export const STYLE_SHA256 = "xbmNdb13qSzANbGXYe4YNYG67KcnuQ40BPTMfM8bR7Q=";

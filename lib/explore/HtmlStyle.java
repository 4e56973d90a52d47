package lib.explore;

/** The style of report.html. Light and dark are two sets of the same variables; everything else speaks in those. */
final class HtmlStyle {
    private HtmlStyle() {}

    private static final String LIGHT =
        """
            --bg:#f7f7f5;--panel:#ffffff;--soft:#f1f2f0;--ink:#1c2430;--muted:#5a6473;--line:#e2e4e1;--accent:#1f6a86;--accent-soft:#e3f0f4;
            --good:#246b4b;--good-soft:#e2f1e9;--warn:#96610a;--warn-soft:#fbf0d9;--bad:#b3382c;--bad-soft:#fbe6e3;--note:#4d5f8a;--note-soft:#e8ecf6;
            --hot:#e0a03c;--compressed:#4b9a86;--partial:#9b7fc4;--due:#cf5a45;--frozen:#7f97b8;--tiered:#a9b4bf;--shadow:0 1px 2px rgb(20 30 40/.05),0 4px 16px rgb(20 30 40/.05);
            color-scheme:light;""";

    private static final String DARK =
        """
            --bg:#12151a;--panel:#1a1e25;--soft:#20252d;--ink:#e4e7ec;--muted:#9ca6b4;--line:#2c323c;--accent:#7fc3dd;--accent-soft:#1d323c;
            --good:#74c79c;--good-soft:#1c3328;--warn:#e6b75a;--warn-soft:#392d15;--bad:#f0897c;--bad-soft:#40211d;--note:#a5b4dd;--note-soft:#262d42;
            --hot:#d69a3f;--compressed:#4f9f8b;--partial:#9c84c6;--due:#d9654f;--frozen:#7288a8;--tiered:#66717e;--shadow:0 1px 2px rgb(0 0 0/.3);
            color-scheme:dark;""";

    static String css() {
        return ":root{" + LIGHT + "}\n@media (prefers-color-scheme:dark){:root:not([data-theme=light]){" + DARK
            + "}}\n:root[data-theme=dark]{" + DARK + "}\n" + RULES;
    }

    private static final String RULES =
        """
            *{box-sizing:border-box}
            html{scroll-padding-top:4.5rem;-webkit-text-size-adjust:100%}
            @media (prefers-reduced-motion:no-preference){html{scroll-behavior:smooth}}
            body{margin:0;background:var(--bg);color:var(--ink);font:15px/1.6 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;font-feature-settings:"tnum"}
            code,pre,.mono{font-family:ui-monospace,SFMono-Regular,"SF Mono",Menlo,Consolas,"Liberation Mono",monospace;font-size:.88em}
            a{color:var(--accent);text-decoration:none}a:hover{text-decoration:underline}
            :focus-visible{outline:2px solid var(--accent);outline-offset:2px;border-radius:4px}
            .skip{position:absolute;left:-999px}.skip:focus{left:1rem;top:.6rem;z-index:30;background:var(--panel);padding:.4rem .8rem}
            h1,h2,h3,h4{line-height:1.25;letter-spacing:-.012em;margin:0;overflow-wrap:anywhere}
            h1{font-size:2rem;font-weight:650}h2{font-size:1.35rem;font-weight:640}h3{font-size:1.05rem;font-weight:620}
            p{margin:.5rem 0}
            p a,.in li a{text-decoration:underline;text-decoration-color:color-mix(in srgb,var(--accent) 45%,transparent);text-underline-offset:.18em}
            .bar{position:sticky;top:0;z-index:20;display:flex;gap:1rem;align-items:center;padding:.55rem 1.5rem;background:color-mix(in srgb,var(--bg) 88%,transparent);backdrop-filter:blur(10px);border-bottom:1px solid var(--line)}
            .bar .who{font-weight:620;white-space:nowrap;overflow:hidden;text-overflow:ellipsis;color:var(--ink);min-width:0}
            .bar .who span{color:var(--muted);font-weight:400}
            .find{position:relative;margin-left:auto;flex:0 1 24rem;min-width:8rem}
            .find input{width:100%;font:inherit;font-size:.93em;color:var(--ink);background:var(--panel);border:1px solid var(--line);border-radius:9px;padding:.36rem .8rem}
            .find kbd{position:absolute;right:.6rem;top:.42rem;font-size:.75rem;color:var(--muted);border:1px solid var(--line);border-radius:4px;padding:0 .35rem;pointer-events:none}
            .find input:focus~kbd{display:none}
            .hits{position:absolute;top:2.6rem;right:0;width:min(32rem,92vw);max-height:70vh;overflow:auto;background:var(--panel);border:1px solid var(--line);border-radius:12px;box-shadow:0 12px 40px rgb(0 0 0/.18);padding:.35rem;margin:0;list-style:none}
            .hits[hidden]{display:none}
            .hits a{display:flex;justify-content:space-between;gap:1rem;padding:.38rem .7rem;border-radius:8px;color:var(--ink)}
            .hits a small{color:var(--muted);white-space:nowrap}
            .hits a[aria-selected=true],.hits a:hover{background:var(--accent-soft);text-decoration:none}
            .hits .none{padding:.5rem .7rem;color:var(--muted)}
            .theme{font:inherit;background:var(--panel);color:var(--ink);border:1px solid var(--line);border-radius:9px;padding:.32rem .65rem;cursor:pointer}
            .js-only{display:none}.js .js-only{display:block}.js button.js-only{display:inline-block}
            .layout{display:grid;grid-template-columns:13.5rem minmax(0,1fr);gap:2.5rem;max-width:86rem;margin:0 auto;padding:0 1.5rem}
            nav.toc{position:sticky;top:3.6rem;align-self:start;max-height:calc(100vh - 4rem);overflow:auto;padding:1.8rem 0;font-size:.93rem}
            nav.toc ul{list-style:none;margin:0;padding:0}
            nav.toc a{display:flex;justify-content:space-between;gap:.6rem;color:var(--muted);padding:.22rem .7rem;border-radius:8px;border-left:2px solid transparent}
            nav.toc a:hover,nav.toc a.here{color:var(--ink);background:var(--soft);text-decoration:none}
            nav.toc a.here{border-left-color:var(--accent);border-radius:0 8px 8px 0}
            nav.toc small{opacity:.85}
            main{padding:1.8rem 0 5rem;min-width:0}
            section{margin:0 0 3.2rem}
            section>h2{margin-bottom:.9rem;padding-bottom:.35rem;border-bottom:1px solid var(--line)}
            h2 .n{color:var(--muted);font-weight:400;font-size:.95rem;margin-left:.4rem}
            .lead{color:var(--muted);max-width:46rem}
            .hero{display:grid;grid-template-columns:minmax(0,1fr) auto;gap:2rem;align-items:center;margin-bottom:1.6rem}
            .hero .purpose{font-size:1.1rem;max-width:44rem}
            .hero .about{max-width:44rem}
            .hero .meta{color:var(--muted)}
            .ring{width:10.5rem;height:10.5rem}
            .ring .track{stroke:var(--line)}.ring .arc{stroke:var(--c)}
            .ring text{fill:var(--ink);text-anchor:middle;font-family:inherit}
            .ring .score{font-size:38px;font-weight:680;letter-spacing:-1px}.ring .grade{font-size:13px;fill:var(--muted)}
            .g-A,.g-B{--c:var(--good)}.g-C{--c:var(--hot)}.g-D,.g-F{--c:var(--bad)}.g-none{--c:var(--line)}
            .cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(8.2rem,1fr));gap:.8rem;margin:0 0 2.4rem;padding:0}
            .card{background:var(--panel);border:1px solid var(--line);border-radius:14px;padding:.8rem 1rem;box-shadow:var(--shadow)}
            .card dt{color:var(--muted);font-size:.85rem}.card dd{margin:0;font-size:1.35rem;font-weight:640;letter-spacing:-.015em;line-height:1.35}
            .card dd small{display:block;white-space:nowrap;font-size:.82rem;font-weight:400;color:var(--muted);letter-spacing:0}
            .panel{background:var(--panel);border:1px solid var(--line);border-radius:14px;box-shadow:var(--shadow);padding:1.1rem 1.3rem;margin:0 0 1.1rem}
            .panel>:first-child{margin-top:0}.panel>:last-child{margin-bottom:0}
            .verdict{font-size:1.12rem;margin:.1rem 0 1rem}
            .two{display:grid;grid-template-columns:minmax(0,1.15fr) minmax(0,1fr);gap:1.1rem}
            .worst{margin:0;padding:0;list-style:none;counter-reset:w}
            .worst li{counter-increment:w;display:grid;grid-template-columns:1.7rem 1fr auto;gap:.4rem;padding:.55rem 0;border-top:1px solid var(--line)}
            .worst li:first-child{border-top:0}
            .worst li::before{content:counter(w);color:var(--muted)}
            .worst small{display:block;color:var(--muted)}
            .worst .pts{color:var(--muted);white-space:nowrap}
            .capped{font-size:.9rem}.cats{width:100%;border-collapse:collapse;font-size:.95rem}
            .cats td,.cats th{padding:.34rem .3rem;border:0;text-align:left;font-weight:400;background:none}
            .cats .n{text-align:right;white-space:nowrap}
            .cats tfoot td{border-top:1px solid var(--line);font-weight:620}
            .meter{display:block;margin-top:.5rem;height:.5rem;border-radius:1rem;background:var(--soft);overflow:hidden;min-width:3.5rem}
            .meter i{display:block;height:100%;background:var(--due);border-radius:1rem}
            .tag{display:inline-block;font-size:.78rem;line-height:1.55;padding:0 .5rem;border-radius:1rem;background:var(--soft);color:var(--muted);white-space:nowrap;vertical-align:.06em}
            .tag.critical,.tag.FAIL,.tag.bad{background:var(--bad-soft);color:var(--bad)}.tag.warning{background:var(--warn-soft);color:var(--warn)}.tag.note,.tag.SKIPPED{background:var(--note-soft);color:var(--note)}
            .tag.PASS,.tag.good{background:var(--good-soft);color:var(--good)}.tag.ht{background:var(--accent-soft);color:var(--accent)}
            details.f,details.t{background:var(--panel);border:1px solid var(--line);border-radius:12px;margin:0 0 .5rem}
            details.f[open],details.t[open]{box-shadow:var(--shadow)}
            details.t{content-visibility:auto;contain-intrinsic-size:auto 3rem}
            summary{cursor:pointer}
            details.f>summary,details.t>summary{display:flex;gap:.7rem;align-items:baseline;padding:.6rem 1rem;list-style:none;border-radius:12px}
            summary::-webkit-details-marker{display:none}
            details.f>summary::before,details.t>summary::before{content:"›";color:var(--muted);transition:transform .12s;display:inline-block}
            details[open]>summary::before{transform:rotate(90deg)}
            summary .grow{flex:1;min-width:0;overflow-wrap:anywhere}
            summary .grow small{color:var(--muted);margin-left:.5rem}
            summary .num{color:var(--muted);white-space:nowrap;font-size:.92rem}
            .in{padding:.2rem 1.2rem 1.1rem 2.2rem;border-top:1px solid var(--line)}
            .in h3{font-size:.92rem;color:var(--muted);font-weight:600;margin:1.1rem 0 .4rem}
            dl.kv{display:grid;grid-template-columns:max-content minmax(0,1fr);gap:.15rem 1.2rem;margin:.7rem 0;font-size:.95rem}
            dl.kv dt{color:var(--muted)}dl.kv dd{margin:0;overflow-wrap:anywhere}
            .scroll{overflow-x:auto;margin:.3rem 0 1rem;border-radius:12px}
            .panel.scroll{padding:0}
            table{border-collapse:collapse;width:100%;font-size:.93rem}
            th,td{text-align:left;padding:.4rem .8rem;border-bottom:1px solid var(--line);vertical-align:baseline}
            tbody tr:last-child td{border-bottom:0}
            thead th{font-weight:600;color:var(--muted);font-size:.86rem;white-space:nowrap;background:var(--soft)}
            th button{all:unset;cursor:pointer}th button:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
            th[aria-sort=ascending] button::after{content:" ↑"}th[aria-sort=descending] button::after{content:" ↓"}
            td.n,th.n{text-align:right;white-space:nowrap}
            td.w{min-width:14rem}
            tbody tr:hover td{background:color-mix(in srgb,var(--soft) 55%,transparent)}
            pre{background:var(--soft);border-radius:10px;padding:.75rem 1rem;overflow-x:auto;margin:.5rem 0;line-height:1.5;tab-size:4}
            pre.wrap{white-space:pre-wrap;overflow-wrap:anywhere}
            .hyper{margin-bottom:1.1rem}
            .hyper h3{display:flex;flex-wrap:wrap;gap:.6rem;align-items:baseline;justify-content:space-between}
            .hyper h3 span{color:var(--muted);font-weight:400;font-size:.93rem}
            .facts{display:flex;flex-wrap:wrap;gap:.2rem 2rem;margin:.7rem 0 0;padding:0}
            .facts div{display:flex;gap:.5rem}.facts dt{color:var(--muted)}.facts dd{margin:0}
            svg.strip{display:block;width:100%;height:4.6rem;margin:.9rem 0 .1rem}
            .strip .base{stroke:var(--line);stroke-width:2}
            .strip rect:hover{opacity:.75}
            .s-hot{fill:var(--hot);background:var(--hot)}.s-compressed{fill:var(--compressed);background:var(--compressed)}.s-partial{fill:var(--partial);background:var(--partial)}.s-due{fill:var(--due);background:var(--due)}.s-frozen{fill:var(--frozen);background:var(--frozen)}.s-tiered{fill:var(--tiered);background:var(--tiered)}
            .axis{display:flex;justify-content:space-between;color:var(--muted);font-size:.82rem}
            .legend{display:flex;flex-wrap:wrap;gap:.3rem 1.1rem;color:var(--muted);font-size:.86rem;margin:.2rem 0 1rem;padding:0;list-style:none}
            .legend i{display:inline-block;width:.75rem;height:.75rem;border-radius:3px;margin-right:.4rem;vertical-align:-.06em}
            .flow{display:flex;flex-wrap:wrap;align-items:center;gap:.5rem;margin:.2rem 0 .8rem}
            .flow span,.flow a{border:1px solid var(--line);border-radius:9px;padding:.16rem .7rem;background:var(--soft)}
            .flow .arrow{border:0;background:none;padding:0;color:var(--muted)}
            .er-wrap{overflow:auto;max-height:80vh;background:var(--panel);border:1px solid var(--line);border-radius:14px;margin:0 0 1.2rem}
            svg.er{display:block;margin:auto;font:12px system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
            .er .body{fill:var(--panel);stroke:var(--line)}.er .head{fill:var(--soft)}.er .hypertable .head{fill:var(--accent-soft)}.er .aggregate .head{fill:var(--good-soft)}
            .er .aggregate .body{stroke-dasharray:4 3}
            .er text{fill:var(--ink)}.er .name{font-weight:640;font-size:12.5px}.er .type{fill:var(--muted);text-anchor:end;font-size:11px}.er .more{text-anchor:start}
            .er .pk{font-weight:640}.er .fk{fill:var(--accent)}
            .er .edge path{fill:none;stroke:var(--muted);stroke-width:1.3;opacity:.75}.er .edge circle{fill:var(--muted)}.er .edge.agg path{stroke:var(--good);stroke-dasharray:5 4}.er .edge.agg circle{fill:var(--good)}
            .er a:hover .body,.er a:focus .body{stroke:var(--accent);stroke-width:2}
            .muted{color:var(--muted)}.nowrap{white-space:nowrap}
            footer{color:var(--muted);font-size:.88rem;border-top:1px solid var(--line);padding-top:1rem}
            @media (max-width:60rem){.layout{display:block;padding:0 1rem}nav.toc{position:static;max-height:none;padding:1rem 0 0}nav.toc ul{display:flex;flex-wrap:wrap;gap:.1rem}nav.toc small{display:none}nav.toc a{background:var(--soft);font-size:.86rem;border:0;border-radius:8px}
             .two{grid-template-columns:minmax(0,1fr)}.bar{padding:.5rem 1rem}.find kbd{display:none}}
            @media (max-width:36rem){body{font-size:14.5px}h1{font-size:1.6rem}.hero{grid-template-columns:minmax(0,1fr);gap:.8rem;justify-items:start}.ring{width:8.5rem;height:8.5rem}.bar .who span{display:none}.in{padding:.2rem .8rem .9rem}
             .cards{grid-template-columns:1fr 1fr}details.t>summary .num.opt{display:none}dl.kv{grid-template-columns:minmax(0,1fr)}dl.kv dd{margin-bottom:.4rem}.panel{padding:.9rem}td,th{padding:.35rem .55rem}}
            @media print{.bar,nav.toc,.find,.theme{display:none!important}.layout{display:block;max-width:none;padding:0}body{background:#fff;font-size:11px}section{break-inside:auto}.panel,details.f,details.t,.card{box-shadow:none;break-inside:avoid}.er-wrap,.scroll{overflow:visible;max-height:none}svg.er{max-width:100%;height:auto}a{color:inherit}}
            """;
}

//SOURCES Browser.java Cluster.java ReportMaker.java Tool.java ../lib/explore/ReportFiles.java

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import lib.explore.ExploreConfig;
import lib.explore.ReportFiles;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.openqa.selenium.Keys;

/** report.html in a real browser: of the sample, of hostile names, and of a schema of 500 tables. */
@Tag("local") @ResourceLock("browser")
class ReportPageTest {
    private static final int WIDE = 1400, PHONE = 360, HIGH = 900;
    private static final String OPEN_ALL = "document.querySelectorAll('details').forEach(d => d.open = true)";

    /** One object of each kind, with a name that nothing else has. */
    private static final String FINDABLE =
        """
            CREATE SCHEMA find_schema; CREATE TYPE find_enum AS ENUM ('a'); CREATE DOMAIN find_domain AS int;
            CREATE TABLE find_table (id int CONSTRAINT find_key PRIMARY KEY, find_column text, at date);
            COMMENT ON COLUMN find_table.at IS
                'When it happened, in the time zone of the station that reported it. '
                'Stations that were moved keep the zone of the place where they were set up, see the_manual.';
            CREATE INDEX find_index ON find_table (at); CREATE VIEW find_view AS SELECT 1 AS find_view_column;
            CREATE MATERIALIZED VIEW find_matview AS SELECT 1 AS x;
            CREATE FUNCTION find_function() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
            CREATE PROCEDURE find_procedure() LANGUAGE sql AS '';
            CREATE TRIGGER find_trigger BEFORE INSERT ON find_table FOR EACH ROW EXECUTE FUNCTION find_function();
            CREATE SEQUENCE find_sequence; CREATE ROLE find_role; CREATE EXTENSION pg_trgm;
            CREATE POLICY find_policy ON find_table; CREATE PUBLICATION find_publication FOR TABLE find_table;
            CREATE EXTENSION postgres_fdw; CREATE SERVER find_server FOREIGN DATA WRAPPER postgres_fdw;
            CREATE FOREIGN TABLE find_foreign (id int) SERVER find_server;
            CREATE STATISTICS find_statistics ON id, at FROM find_table;
            CREATE RULE find_rule AS ON DELETE TO find_table DO ALSO NOTIFY gone;
            CREATE FUNCTION find_watcher() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
            CREATE EVENT TRIGGER find_event ON ddl_command_end EXECUTE FUNCTION find_watcher();
            """;

    @TempDir
    static Path pages;
    private static Browser browser;
    private static Cluster cluster;

    @BeforeAll
    static void write() throws IOException {
        browser = Browser.shared();
        cluster = Cluster.create("fsync = off");
        assertEquals(0, Tool.of("example/sample").with(cluster.environment()).run("--quiet").exit());
        cluster.sql(FINDABLE);
        var made = Tool.of("explore")
            .with(cluster.environment())
            .in(pages)
            .run("--quiet", "--format", "html", "-o", pages.resolve("reports").toString());
        assertEquals(0, made.exit(), made::toString);
        Files.copy(Path.of(made.out().strip()).resolve("report.html"), pages.resolve("sample.html"));
        write("hostile", hostile());
        write("large", large());
    }

    @AfterAll
    static void stop() {
        if (cluster != null) cluster.close();
    }

    private static void write(String name, ReportMaker maker) throws IOException {
        var report = ReportFiles.judge(maker.report(), ExploreConfig.defaults(), null);
        var directory = ReportFiles.writeInto(report, pages.resolve(name), List.of("html"));
        Files.copy(directory.resolve("report.html"), pages.resolve(name + ".html"));
    }

    private static ReportMaker hostile() {
        var names = List.of(
            "x</title></svg><script>alert(1)</script>",
            "a\"b'c&d<e>",
            "<img src=x onerror=alert(2)>",
            "a.b",
            "\u202Eevil",
            "﷽﷽﷽",
            "iiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiii",
            "WWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWW",
            "a_name_of_63_characters_with_words_in_it_as_generators_make_the",
            "表表表表表表表表表表表表表表表表表表表表表",
            "👩‍👩‍👧‍👦👩‍👩‍👧‍👦");
        var maker = new ReportMaker();
        for (var name : names) {
            var table = new ReportMaker.Table(name);
            table.comment = name + " *bold* [link](https://example.org) <b>";
            table.column("id", "bigint").column(name, "timestamp with time zone").key("id");
            maker.tables.add(table.references(name, names.getFirst(), "id").references(name, name, "id").make());
        }
        return maker;
    }

    /** Orders, customers and what hangs on them, twenty-five times, and a table of tenants that all refer to. */
    private static ReportMaker large() {
        var kinds = List.of("customer", "order", "order_line", "invoice", "payment", "product", "stock", "shipment");
        var maker = new ReportMaker();
        maker.tables.add(new ReportMaker.Table("tenants").column("id", "bigint").key("id").make());
        for (int i = 0; i < 499; i++) {
            var name = kinds.get(i % kinds.size()) + "_" + i;
            var table = new ReportMaker.Table(name).column("id", "bigint").key("id").column("tenant_id", "bigint");
            table.references("tenant_id", "tenants", "id");
            if (i % kinds.size() > 0) {
                var parent = kinds.get(i % kinds.size() - 1) + "_" + (i - 1);
                table.column("parent_id", "bigint").references("parent_id", parent, "id");
            }
            for (int c = 0; c < 12; c++) table.column("value_" + c, "double precision");
            maker.tables.add(table.make());
        }
        return maker;
    }

    private static void open(String page, String fragment, int width) {
        browser.open(pages.resolve(page + ".html"), fragment, width, HIGH);
    }

    @ParameterizedTest @ValueSource(strings = {"sample", "hostile", "large"})
    void nothing_is_fetched_and_the_browser_has_nothing_to_complain_about(String page) {
        open(page, "", WIDE);
        browser.script(OPEN_ALL);
        browser.script("scrollTo(0, document.body.scrollHeight)");
        browser.await("document.readyState === 'complete'");
        assertEquals(List.of(), browser.requests());
        assertEquals(List.of(), browser.complaints());
    }

    @ParameterizedTest @ValueSource(strings = {"sample", "hostile", "large"})
    void everybody_can_use_the_page_in_light_and_dark(String page) {
        open(page, "", WIDE);
        if (!page.equals("large")) browser.script(OPEN_ALL);
        assertEquals(List.of(), browser.violations());
        // the colours are the same whatever the number of tables, and axe takes long over many
        if (page.equals("large")) return;
        browser.media("", "dark");
        assertEquals(List.of(), browser.violations());
    }

    @ParameterizedTest @ValueSource(strings = {"sample", "hostile", "large"})
    void a_phone_never_scrolls_sideways(String page) {
        open(page, "", PHONE);
        assertEquals(0, browser.sideways());
        browser.script(page.equals("large") ? OPEN_ALL.replace("'details'", "'details:nth-of-type(20n)'") : OPEN_ALL);
        assertEquals(0, browser.sideways());
    }

    @ParameterizedTest @ValueSource(strings = {"sample", "hostile"})
    void labels_stay_inside_their_boxes(String page) {
        open(page, "", WIDE);
        browser.script(OPEN_ALL);
        assertTrue(browser.holds("document.querySelectorAll('.er .box').length > 2"));
        assertEquals(List.of(), browser.script("""
            return [...document.querySelectorAll('.er .box')].flatMap((box) => {
              const frame = box.querySelector('.body').getBBox();
              return [...box.querySelectorAll('text')].map((text) => [text.textContent, text.getBBox()])
                .filter(([, t]) => t.x < frame.x || t.x + t.width > frame.width || t.y + t.height > frame.height + 2)
                .map(([name, t]) => name + ' ' + (t.x + t.width) + ' of ' + frame.width);
            });
            """));
    }

    @Test
    void a_name_is_found_by_keyboard_and_its_table_opens() {
        open("large", "", WIDE);
        browser.type("/");
        browser.await("document.activeElement.id === 'find'");
        browser.type("stock_14");
        browser.await("document.querySelectorAll('#hits a').length > 0");
        assertEquals(
            "public.stock_14",
            browser.script(
                "return document.querySelector('#hits a').firstChild.textContent"));
        browser.type(Keys.ARROW_DOWN, Keys.ENTER);
        browser.await("document.querySelector(':target')?.open");
        browser.await("""
            (() => { const top = document.querySelector(':target').getBoundingClientRect().top;
              return top >= 0 && top < innerHeight; })()""");
    }

    @ParameterizedTest @ValueSource(
        strings = {"find_schema", "find_enum", "find_domain", "find_table", "find_column", "find_key", "find_index",
            "find_view", "find_view_column", "find_matview", "find_function", "find_procedure", "find_trigger",
            "find_sequence", "find_role", "pg_trgm", "find_policy", "find_publication", "find_server", "find_foreign",
            "find_statistics", "find_rule", "find_event"})
    void an_object_of_any_kind_is_found_and_shown(String name) {
        open("sample", "", WIDE);
        browser.type("/");
        browser.type(name);
        browser.await("document.querySelectorAll('#hits a').length > 0");
        browser.type(Keys.ARROW_DOWN, Keys.ENTER);
        browser.await("""
            (() => { const target = document.querySelector(':target');
              return target && target.checkVisibility() && target.textContent.includes('%s'); })()""".formatted(name));
    }

    @Test
    void a_comment_of_a_column_can_be_read_whole_on_a_screen_of_1400() {
        open("sample", "#t-public.find_table", WIDE);
        browser.await("document.querySelector(':target')?.open");
        assertEquals(0, browser.sideways());
        assertEquals("", browser.script("""
            const cell = [...document.querySelectorAll(':target td')].find(c => c.textContent.includes('the_manual'));
            const box = cell.getBoundingClientRect();
            const clipped = cell.scrollWidth > cell.clientWidth + 1 || box.right > innerWidth;
            return clipped || box.width < 250 ? cell.textContent + ' ' + box.width + ' ' + box.right : '';
            """));
    }

    @Test
    void the_text_of_columns_is_searched_and_nothing_found_is_said() {
        open("sample", "", WIDE);
        browser.type("/");
        browser.type("humidity");
        browser.await("[...document.querySelectorAll('#hits a')].some(a => a.textContent.includes('meteo_metrics'))");
        browser.type("xyzzy");
        browser.await("document.querySelector('#hits').textContent === 'Nothing found'");
        browser.type(Keys.ESCAPE);
        browser.await("document.querySelector('#hits').hidden");
    }

    @Test
    void an_answer_comes_while_one_types_also_among_many() {
        open("large", "", WIDE);
        var slowest = (Number) browser.script("""
            const input = document.querySelector('#find');
            let slowest = 0;
            for (const text of ['o', 'or', 'ord', 'order_', 'order_4', 'value_11', 'nothing like it']) {
              const start = performance.now();
              input.value = text;
              input.dispatchEvent(new Event('input'));
              slowest = Math.max(slowest, performance.now() - start);
            }
            return slowest;
            """);
        // 50 ms on an idle machine; the tests run beside others
        assertTrue(slowest.doubleValue() < 400, slowest + " ms");
    }

    @Test
    void a_column_is_sorted_by_its_heading_also_by_keyboard() {
        open("sample", "", WIDE);
        browser.script(
            "window.t = document.querySelector('#indexes table.sort'); "
                + "window.h = [...t.querySelectorAll('thead button')][0]; h.focus()");
        browser.type(Keys.ENTER);
        browser.await("h.closest('th').getAttribute('aria-sort') === 'ascending'");
        var names = "[...t.tBodies[0].rows].map(r => r.cells[0].textContent.trim())";
        var sorted = "%s.every((n, i, a) => !i || a[i - 1].localeCompare(n, undefined, "
            + "{numeric: true, sensitivity: 'base'}) %s 0)";
        assertTrue(browser.holds(sorted.formatted(names, "<=")));
        browser.type(Keys.SPACE);
        browser.await("h.closest('th').getAttribute('aria-sort') === 'descending'");
        assertTrue(browser.holds(sorted.formatted(names, ">=")));
    }

    @Test
    void a_link_from_outside_opens_what_is_closed() {
        open("sample", "", WIDE);
        var anchor = (String) browser.script("return document.querySelector('#tables details.t:last-of-type').id");
        open("sample", "#" + anchor, WIDE);
        browser.await("document.querySelector(':target')?.open");
    }

    @Test
    void the_theme_is_chosen_by_keyboard() {
        open("sample", "", WIDE);
        var background = "return getComputedStyle(document.body).backgroundColor";
        var light = browser.script(background);
        browser.script("document.querySelector('.theme').focus()");
        browser.type(Keys.ENTER);
        browser.await("document.documentElement.dataset.theme === 'dark'");
        assertFalse(light.equals(browser.script(background)));
        browser.type(Keys.SPACE);
        browser.await("document.documentElement.dataset.theme === 'light'");
        assertEquals(light, browser.script(background));
    }

    @Test
    void the_first_tab_leads_past_the_head_of_the_page() {
        open("sample", "", WIDE);
        browser.type(Keys.TAB);
        browser.await("document.activeElement.classList.contains('skip')");
        browser.type(Keys.ENTER);
        browser.await("document.activeElement.id === 'main'");
    }

    @Test
    void a_drawing_is_zoomed_and_moved_by_keyboard_and_mouse() {
        open("large", "", WIDE);
        browser.script(
            "window.frame = document.querySelector('#relations .er-wrap'); window.svg = frame.querySelector('svg');"
                + "window.before = svg.getBoundingClientRect().width; frame.scrollIntoView(); frame.focus()");
        browser.type("+");
        browser.await("svg.getBoundingClientRect().width > before * 1.2");
        browser.type("0");
        browser.await("Math.abs(svg.getBoundingClientRect().width - before) < 1");
        browser.type("-");
        browser.await("svg.getBoundingClientRect().width < before / 1.2");
        browser.type("f");
        browser.await("svg.getBoundingClientRect().width <= frame.clientWidth");
        browser.type("0", "+", Keys.ARROW_RIGHT, Keys.ARROW_RIGHT);
        browser.await("frame.scrollLeft > 20");
        browser.script("frame.scrollTo({left: 300, behavior: 'instant'})");
        browser.drag("#relations .er-wrap", 0, -120, 0);
        browser.await("frame.scrollLeft > 380");
        browser.click("#relations .er-tools button");
        browser.await("document.activeElement.closest('.er-tools')");
    }

    @Test
    void without_javascript_all_is_there() {
        browser.scripts(false);
        try {
            open("sample", "", WIDE);
        } finally {
            browser.scripts(true);
        }
        assertFalse(browser.holds("document.documentElement.classList.contains('js')"));
        assertTrue(browser.holds("document.querySelectorAll('#tables details.t').length >= 6"));
        assertTrue(browser.holds("document.querySelector('#relations svg.er').getBoundingClientRect().width > 200"));
        assertTrue(browser.holds("getComputedStyle(document.querySelector('.find')).display === 'none'"));
    }

    @Test
    void paper_is_light_and_has_no_buttons() {
        open("sample", "", WIDE);
        browser.media("print", "dark");
        assertEquals("rgb(255, 255, 255)", browser.script("return getComputedStyle(document.body).backgroundColor"));
        assertTrue(browser.holds("!document.querySelector('.bar').getClientRects().length"));
    }
}

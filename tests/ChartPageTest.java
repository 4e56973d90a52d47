//SOURCES Browser.java Cluster.java Tool.java

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.openqa.selenium.Keys;

/** The page of chart.java in a real browser. */
@Tag("local") @ResourceLock("browser")
class ChartPageTest {
    @TempDir
    static Path pages;
    private static Browser browser;
    private static Cluster cluster;

    @BeforeAll
    static void draw() {
        browser = Browser.shared();
        cluster = Cluster.create("fsync = off");
        assertEquals(0, Tool.of("example/sample").with(cluster.environment()).run("--quiet", "--scale", "0.3").exit());
        for (var theme : List.of("light", "dark")) {
            var drawn = Tool.of("chart")
                .with(cluster.environment())
                .in(pages)
                .run(
                    "-m",
                    "temperature,power",
                    "-w",
                    "7d",
                    "--timezone",
                    "UTC",
                    "--theme",
                    theme,
                    "-o",
                    theme + ".html");
            assertEquals(0, drawn.exit(), drawn::toString);
        }
    }

    @AfterAll
    static void stop() {
        if (cluster != null) cluster.close();
    }

    @BeforeEach
    void open() {
        browser.open(pages.resolve("light.html"), "", 1200, 1200);
    }

    @Test
    void values_stand_beside_the_pointer_and_go_with_it() {
        browser.pointAt(".hit", 0, 0);
        browser.await("!document.querySelector('.tip').hidden");
        assertTrue(browser.text(".tip").matches("(?s).*2025-0\\d-\\d\\d.*°C.*"), browser.text(".tip"));
        browser.pointAt(".tools h2", 0, 0);
        browser.await("document.querySelector('.tip').hidden");
    }

    @Test
    void dragging_zooms_all_panels_and_a_button_shows_all_again() {
        var axis = browser.text(".time");
        browser.drag(".hit", -150, 150, 0);
        browser.await("[...document.querySelectorAll('.zoom')].every(z => z.getAttribute('transform'))");
        assertFalse(axis.equals(browser.text(".time")));
        browser.script("[...document.querySelectorAll('button')].find(b => b.textContent === 'Show all').click()");
        assertEquals(axis, browser.text(".time"));
    }

    @Test
    void a_series_is_taken_away_and_brought_back_by_keyboard() {
        browser.script("document.querySelector('.tools input').focus()");
        browser.type(Keys.SPACE);
        browser.await("document.querySelectorAll('.panel .off[data-series]').length > 0");
        browser.type(Keys.SPACE);
        browser.await("document.querySelectorAll('.panel .off[data-series]').length === 0");
    }

    @Test
    void the_keyboard_moves_through_time_zooms_and_is_heard() {
        var axis = browser.text(".time");
        browser.script("document.querySelector('.hit').focus()");
        browser.type(Keys.ARROW_LEFT, Keys.ARROW_LEFT);
        browser.await("/2025-0.*°C/.test(document.querySelector('.heard').textContent)");
        browser.type("+");
        browser.await("parseFloat((document.querySelector('.zoom').getAttribute('transform') ?? '').slice(7)) > 1.5");
        browser.type(Keys.ESCAPE);
        assertEquals(axis, browser.text(".time"));
    }

    @Test
    void nothing_is_fetched_and_the_browser_has_nothing_to_complain_about() {
        browser.await("document.readyState === 'complete'");
        assertEquals(List.of(), browser.requests());
        assertEquals(List.of(), browser.complaints());
    }

    @Test
    void everybody_can_use_the_page() {
        for (var theme : List.of("light", "dark")) {
            browser.open(pages.resolve(theme + ".html"), "", 1200, 1200);
            assertEquals(List.of(), browser.violations(), theme);
        }
    }

    @Test
    void a_phone_never_scrolls_sideways() {
        browser.size(360, 800);
        assertEquals(0, browser.sideways());
    }
}

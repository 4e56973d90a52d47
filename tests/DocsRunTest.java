import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.ResourceLock;

/** Every command of the pages, followed literally, does what the page says. */
@ResourceLock("docker") @Order(1)
class DocsRunTest {
    @Test @Tag("embedded")
    void timescaledb_intro_shows_what_the_database_answers() {
        follow("docs/TIMESCALEDB_INTRO.md", "embedded");
    }

    @Test @Tag("embedded")
    void learn_java_ends_with_a_tool_of_ones_own() {
        follow("docs/LEARN_JAVA.md", "embedded");
    }

    @Test @Tag("embedded")
    void readme_on_the_embedded_engine() {
        follow("README.md", "embedded");
    }

    @Test @Tag("local")
    void readme_on_a_local_server() {
        follow("README.md", "local");
    }

    @Test @Tag("local")
    void quickstart_from_nothing_to_a_restored_backup() {
        follow("docs/QUICKSTART.md", "local");
    }

    @Test @Tag("local")
    void scale_on_a_local_server() {
        follow("docs/SCALE.md", "local");
    }

    @Test @Tag("docker")
    void quickstart_with_docker() {
        follow("docs/QUICKSTART.md", "docker");
    }

    @Test @Tag("docker")
    void docker_basics() {
        follow("docs/DOCKER_BASICS.md", "docker");
    }

    @Test @Tag("unit")
    void output_is_compared_by_what_matters() {
        assertTrue(
            DocsSession.matches("done in 3.1 s, 20.4 MB\n…\nend\n", "done in 1 min 4 s, 800 kB\none\ntwo\nend\n"));
        assertTrue(DocsSession.matches("restored … rows\n", "restored 4,711 rows\n"));
        assertFalse(DocsSession.matches("3 rows\n", "4 rows\n"));
        assertFalse(DocsSession.matches("one\n", "one\ntwo\n"));
    }

    private static void follow(String page, String engine) {
        try (var session = new DocsSession(engine)) {
            assertEquals(List.of(), session.follow(page), () -> page + " on " + engine);
        }
    }
}

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import lib.Failure;
import lib.Program;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("unit")
class ProgramTest {
    @Test
    void its_words_and_its_status_come_back_apart() {
        var answer = Program.of(List.of("sh", "-c", "echo out; echo err >&2; exit 7")).capture();
        assertEquals(new Program.Answer(7, "out\n", "err\n"), answer);
    }

    @Test
    void secrets_go_by_the_environment() {
        assertEquals(
            "s3cret\n",
            Program.of(List.of("sh", "-c", "echo $PGPASSWORD"))
                .with(Map.of("PGPASSWORD", "s3cret"))
                .capture()
                .stdout());
    }

    @Test
    void a_word_that_people_shall_type_stays_one_word() {
        for (var word : List.of("plain/path.tar", "my tools/data", "it's", "$(id)", "a\nb", "ü", "*")) {
            assertEquals(word, Program.of(List.of("sh", "-c", "printf %s " + Program.typed(word))).capture().stdout());
        }
        assertEquals("/var/lib/postgresql", Program.typed("/var/lib/postgresql"));
    }

    @Test
    void arguments_are_never_a_shells() {
        assertEquals("$(id) `id` \"x\"\n", Program.of(List.of("echo", "$(id) `id` \"x\"")).capture().stdout());
    }

    @Test
    void lines_arrive_as_they_are_said() {
        var lines = new ArrayList<String>();
        assertEquals(0, Program.of(List.of("sh", "-c", "echo one; echo two >&2")).run(lines::add));
        assertEquals(List.of("one", "two"), lines);
    }

    @Test
    void a_program_that_is_not_there_is_not_ready() {
        assertEquals(
            12,
            assertThrows(Failure.class, () -> Program.of(List.of("/no/such/program")).capture()).exitCode());
    }
}

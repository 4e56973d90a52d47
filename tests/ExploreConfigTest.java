import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import lib.ExitCode;
import lib.Failure;
import lib.explore.ConfigFile;
import lib.explore.ExploreConfig;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("unit")
class ExploreConfigTest {
    @TempDir
    Path directory;

    @ParameterizedTest @CsvSource(
        delimiter = '|',
        quoteCharacter = '~',
        value = {
            "shemas: [public]                                          | unknown key 'shemas', did you mean schemas?",
            "thresholds: {chunkWarn: 10}                               | unknown threshold 'thresholds.chunkWarn', "
                + "did you mean chunksWarn?",
            "thresholds: {chunksWarn: many}                            | thresholds.chunksWarn must be a "
                + "number, not 'many'",
            "thresholds: {chunksWarn: -1}                              | thresholds.chunksWarn: -1 is not "
                + "between 0 and",
            "rules: {IX-1: off}                                        | unknown rule 'rules.IX-1', did you "
                + "mean IX-01?",
            "rules: {IX-01: {ignor: [a]}}                              | unknown key 'rules.IX-01.ignor', did you "
                + "mean ignore?",
            "rules: {IX-01: {ignore: [a]}}                             | rules.IX-01 ignores findings without a reason",
            "rules: {IX-01: {ignore: [a], reason: x, until: tomorrow}} | rules.IX-01.until: 'tomorrow' is not a day",
            "rules: {IX-01: {reason: x}}                               | rules.IX-01 says neither off nor "
                + "what to ignore",
            "connection: {password: secret}                            | connection.password: a password does not "
                + "belong in a config file",
            "connection: {hots: a}                                     | unknown key 'connection.hots', did "
                + "you mean host?",
            "format: [pdf]                                             | format: unknown format 'pdf'",
            "format: [htm]                                             | format: unknown format 'htm', did "
                + "you mean html?",
            "zzqqxx: 1                                                 | unknown key 'zzqqxx'",
            "failUnder: 101                                            | failUnder: 101 is not between 0 and 100",
            "failOn: [TS-CHK-1]                                        | failOn: unknown rule 'TS-CHK-1', "
                + "did you mean TS-CHK-01?",
            "schemas: {a: b}                                           | schemas must be a list, not a group of keys",
            "timeout: soon                                             | timeout must be a number, not 'soon'",
            "- a                                                       | the file must hold keys and "
                + "values, not a list",
            "purposes: [a]                                             | purposes must hold keys and "
                + "values, not a list",
            "chunks: 3                                                 | ''",
        })
    void a_mistake_is_one_clear_line_that_names_the_nearest_right_thing(String yaml, String message) throws Exception {
        var file = Files.writeString(directory.resolve("explore.yaml"), yaml + "\n");
        if (message.equals("''")) {
            assertEquals(3, ConfigFile.read(file).chunks());
            return;
        }
        var failure = assertThrows(Failure.class, () -> ConfigFile.read(file));
        assertEquals(ExitCode.USAGE, failure.exitCode());
        assertTrue(
            failure.getMessage().replaceFirst("line \\d+, column \\d+: ", "").startsWith(file + ": " + message),
            failure.getMessage());
        assertTrue(
            !failure.getMessage().contains("\n") && !failure.getMessage().contains("secret"),
            failure.getMessage());
    }

    @Test
    void broken_yaml_json_and_doubled_keys_name_their_line() throws Exception {
        var yaml = Files.writeString(directory.resolve("a.yaml"), "schemas: [public]\nexclude: [unclosed\n");
        assertTrue(assertThrows(Failure.class, () -> ConfigFile.read(yaml)).getMessage().contains("line "));
        var json = Files.writeString(directory.resolve("a.json"), "{\n  \"chunks\": 1,\n  oops\n}");
        assertTrue(assertThrows(Failure.class, () -> ConfigFile.read(json)).getMessage().contains("line 3"));
        var doubled = Files.writeString(directory.resolve("b.yaml"), "chunks: 1\nchunks: 2\n");
        assertTrue(
            assertThrows(Failure.class, () -> ConfigFile.read(doubled)).getMessage()
                .toLowerCase(Locale.ROOT)
                .contains("duplicate"));
    }

    @ParameterizedTest @CsvSource(
        delimiter = '|',
        quoteCharacter = '~',
        value = {
            "chunks: 1\\n\\texclude: [a]                     | line 2, column 1: found character",
            "schemas: [a]\\nchunks: 1\\nschemas: [b]         | line 3, column 8: duplicate Object property",
            "schemas: &x [a]\\nexclude: *x                    | line 2, column 10: exclude is an alias",
            "connection: {<<: *x}                             | line 1, column",
            "rules:\\n  IX-01:\\n    ignor: [a]                | line 3, column 5: unknown key 'rules.IX-01.ignor'",
            "rules:\\n  IX-99: off                            | line 2, column 3: unknown rule 'rules.IX-99'",
            "failOn:\\n  - IX-01\\n  - IX-1                  | line 2, column 3: failOn: unknown rule 'IX-1'",
            "thresholds: {chunksWarn: '5'}                    | line 1, column 26: thresholds.chunksWarn must be a "
                + "number, not '5'",
            "chunks: 5.5                                      | line 1, column 9: chunks: 5.5 is not whole",
            "chunks: 99999999999                              | line 1, column 9: chunks: 99999999999 is not between",
            "chunks: [1, 2]                                   | line 1, column 9: chunks must be a number, not a list",
            "rules: {IX-01: [a]}                              | line 1, column 16: rules.IX-01 must hold keys and "
                + "values, not a list",
            "thresholds: [1]                                  | line 1, column 13: thresholds must hold keys and "
                + "values, not a list",
            "output: {a: b}                                   | line 1, column 9: output must be text, not a group",
            "just words                                       | line 1, column 1: the file must hold keys and values, "
                + "not this text",
            "chunks: 1\\n---\\nchunks: 2                      | a second document follows",
            "purposes:\\n  app.t:                           | line 2, column 3: purposes.app.t has no value",
        })
    void a_hostile_file_is_told_with_line_and_column(String yaml, String message) throws Exception {
        var file = Files.writeString(directory.resolve("explore.yaml"), yaml.replace("\\n", "\n").replace("\\t", "\t"));
        var failure = assertThrows(Failure.class, () -> ConfigFile.read(file));
        assertEquals(ExitCode.USAGE, failure.exitCode());
        assertTrue(failure.getMessage().contains(message), failure.getMessage());
        assertTrue(!failure.getMessage().contains("\n"), failure.getMessage());
    }

    @ParameterizedTest @ValueSource(
        strings = {"connection: {password: canary}", "connection: {pass: canary}", "PGPASSWORD=canary",
            "PGPASSWORD: canary", "host:5432:db:user:canary", "postgres://u:canary@h/db: x",
            "connection: [canary]", "connection: canary", "connection: {port: [canary]}", "connection: {canary@x: y}",
            "connection: {user: u\n  password: canary}", "connection: 'canary", "- canary"})
    void a_secret_in_the_wrong_place_is_not_repeated(String yaml) throws Exception {
        var file = Files.writeString(directory.resolve("explore.yaml"), yaml);
        var failure = assertThrows(Failure.class, () -> ConfigFile.read(file));
        assertTrue(!(failure.getMessage() + failure.hint()).contains("canary"), failure.getMessage());
    }

    @Test
    void words_are_kept_as_they_are_written_and_a_byte_order_mark_does_not_matter() throws Exception {
        var file = directory.resolve("explore.yaml");
        var config = ConfigFile.read(Files.writeString(file, """
            \uFEFFschemas: 2024
            exclude: [007, 1_000, yes]
            connection: {host: &here db, dbname: 0123, user: no, port: 5432}
            """));
        assertEquals(List.of("2024"), config.schemas());
        assertEquals(List.of("007", "1_000", "yes"), config.exclude());
        assertEquals("0123", config.connection().get("dbname"));
        assertEquals("no", config.connection().get("user"));
        assertEquals(ExploreConfig.defaults(), ConfigFile.read(Files.writeString(file, "")));
        assertEquals(ExploreConfig.defaults(), ConfigFile.read(Files.writeString(file, "\uFEFF---\n")));
        Files.write(file, new byte[] {'o', ':', ' ', (byte) 0xe9});
        assertTrue(assertThrows(Failure.class, () -> ConfigFile.read(file)).getMessage().endsWith("not text in UTF-8"));
    }

    @Test
    void a_missing_file_is_named() {
        var failure = assertThrows(Failure.class, () -> ConfigFile.read(directory.resolve("none.yaml")));
        assertTrue(failure.getMessage().endsWith("none.yaml: no such file"), failure.getMessage());
    }

    @Test
    void an_empty_file_is_the_defaults_and_what_is_printed_can_be_read_back() throws Exception {
        var empty = ConfigFile.read(Files.writeString(directory.resolve("empty.yaml"), "# nothing yet\n"));
        assertEquals(ExploreConfig.defaults(), empty);
        var full = ConfigFile.read(Files.writeString(directory.resolve("full.yaml"), """
            connection: {host: db, port: 5433}
            schemas: [app]
            purposes: {app.t: "what it is: a table"}
            labels: {app.t: [personal data]}
            thresholds: {chunksWarn: 2000}
            rules:
              IX-01: {ignore: [app.idx], reason: used on the replica, until: 2027-01-31}
              DOC-01: off
            failUnder: 70
            """));
        assertEquals("5433", full.connection().get("port"));
        assertTrue(full.rules().get("DOC-01").off());
        assertEquals(List.of("personal data"), full.labels().get("app.t"));
        var again = ConfigFile.read(Files.writeString(directory.resolve("again.yaml"), full.toYaml()));
        assertEquals(full.toYaml(), again.toYaml());
        assertEquals(full.rules(), again.rules());
    }

    @Test
    void json_says_the_same_as_yaml() throws Exception {
        var yaml = ConfigFile.read(Files.writeString(directory.resolve("c.yaml"), "schemas: [a]\nchunks: 5\n"));
        var json =
            ConfigFile.read(Files.writeString(directory.resolve("c.json"), "{\"schemas\": [\"a\"], \"chunks\": 5}"));
        assertEquals(yaml, json);
    }
}

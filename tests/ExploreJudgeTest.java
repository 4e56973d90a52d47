import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.mfvanek.pg.connection.PgConnectionImpl;
import io.github.mfvanek.pg.core.checks.host.DuplicatedIndexesCheckOnHost;
import io.github.mfvanek.pg.core.checks.host.ForeignKeysNotCoveredWithIndexCheckOnHost;
import io.github.mfvanek.pg.core.checks.host.ForeignKeysWithUnmatchedColumnTypeCheckOnHost;
import io.github.mfvanek.pg.core.checks.host.IntersectedIndexesCheckOnHost;
import io.github.mfvanek.pg.core.checks.host.InvalidIndexesCheckOnHost;
import io.github.mfvanek.pg.core.checks.host.NotValidConstraintsCheckOnHost;
import io.github.mfvanek.pg.core.checks.host.TablesWithoutPrimaryKeyCheckOnHost;
import io.github.mfvanek.pg.core.checks.host.UnusedIndexesCheckOnHost;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.postgresql.ds.PGSimpleDataSource;

/** pg-index-health is an independent judge of our index and key rules: on plain tables both must find the same. */
@Tag("local")
class ExploreJudgeTest {
    @TempDir
    Path directory;

    private static final String TABLES =
        """
            CREATE TABLE parent (id bigint PRIMARY KEY, code text NOT NULL UNIQUE);
            CREATE TABLE covered (id int PRIMARY KEY, parent_id bigint REFERENCES parent);
            CREATE INDEX covered_parent ON covered (parent_id);
            CREATE TABLE uncovered (id int PRIMARY KEY, parent_id bigint REFERENCES parent);
            CREATE TABLE partly (id int PRIMARY KEY, parent_id bigint REFERENCES parent);
            CREATE INDEX partly_parent ON partly (parent_id) WHERE parent_id IS NOT NULL;
            CREATE TABLE other_order (a int, b int, PRIMARY KEY (a, b));
            CREATE TABLE refers (id int PRIMARY KEY, x int, y int, FOREIGN KEY (x, y) REFERENCES other_order (a, b));
            CREATE INDEX refers_yx ON refers (y, x);
            CREATE TABLE other_type (id int PRIMARY KEY, parent_id int REFERENCES parent);
            CREATE INDEX other_type_parent ON other_type (parent_id);
            CREATE TABLE keyless (a int, b text);
            CREATE TABLE twice (id int PRIMARY KEY, a int, b int, c text COLLATE "C");
            CREATE INDEX twice_a ON twice (a); CREATE INDEX twice_a_again ON twice (a);
            CREATE INDEX twice_b ON twice (b); CREATE INDEX twice_b_desc ON twice (b DESC);
            CREATE INDEX twice_ab ON twice (b, a);
            CREATE INDEX twice_c ON twice (c); CREATE INDEX twice_c_pattern ON twice (c text_pattern_ops);
            CREATE INDEX twice_c_hash ON twice USING hash (c);
            CREATE INDEX twice_partial ON twice (a) WHERE b > 5;
            CREATE INDEX twice_expression ON twice (lower(c)); CREATE INDEX twice_expression_again ON twice (lower(c));
            ALTER TABLE keyless ADD CONSTRAINT unchecked CHECK (a > 0) NOT VALID;
            CREATE TABLE partitioned (id int, at date, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
            CREATE TABLE partitioned_2025 PARTITION OF partitioned FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
            INSERT INTO twice VALUES (1, 1, 1, 'x'), (2, 1, 1, 'y');
            """;

    @Test
    void finds_what_pg_index_health_finds() throws Exception {
        try (var cluster = Cluster.create()) {
            cluster.sql(TABLES);
            ExploreTest.sql(
                cluster.environment(),
                "CREATE TABLE broken (id int PRIMARY KEY, a int); INSERT INTO broken VALUES (1, 1), (2, 1)");
            Tool.command("psql", "-Xqc", "CREATE UNIQUE INDEX CONCURRENTLY broken_a ON broken (a)")
                .with(cluster.environment())
                .run();   // fails, and leaves an invalid index
            var ours = ExploreTest.explore(directory, cluster.environment());

            var source = new PGSimpleDataSource();
            source.setUrl("jdbc:postgresql://127.0.0.1:" + cluster.port() + "/postgres?sslmode=disable");
            source.setUser("postgres");
            var judge = PgConnectionImpl.ofUrl(source, source.getUrl());

            assertEquals(
                names(new InvalidIndexesCheckOnHost(judge).check().stream().map(i -> i.getIndexName())),
                bare(ours.findings("IX-04")));
            assertEquals(
                names(new TablesWithoutPrimaryKeyCheckOnHost(judge).check().stream().map(t -> t.getTableName())),
                bare(ours.findings("SCH-01")));
            // The judge wants a key's columns in the index in the key's own order. For the lookup by both columns any
            // order serves.
            var uncovered = names(
                new ForeignKeysNotCoveredWithIndexCheckOnHost(judge).check()
                    .stream()
                    .map(k -> k.getTableName() + "." + k.getColumns().getFirst().getColumnName()));
            assertTrue(uncovered.remove("refers.x"), uncovered.toString());
            assertEquals(uncovered, bare(ours.findings("IX-05")));
            assertEquals(
                names(new UnusedIndexesCheckOnHost(judge).check().stream().map(i -> i.getIndexName())),
                bare(ours.findings("IX-01")));
            assertEquals(
                names(
                    new ForeignKeysWithUnmatchedColumnTypeCheckOnHost(judge).check()
                        .stream()
                        .map(k -> k.getTableName() + "." + k.getColumns().getFirst().getColumnName())),
                bare(ours.findings("SCH-03")));
            assertEquals(
                names(
                    new NotValidConstraintsCheckOnHost(judge).check()
                        .stream()
                        .map(c -> c.getTableName() + "." + c.getConstraintName())),
                bare(ours.findings("SCH-02")));

            // Both judge pairs; we name the one to drop, which must be one of its pair, and every pair must be named.
            var duplicated =
                new DuplicatedIndexesCheckOnHost(judge).check().stream().map(d -> d.getIndexNames()).toList();
            covered(duplicated, bare(ours.findings("IX-02")));
            var intersected =
                new IntersectedIndexesCheckOnHost(judge).check().stream().map(d -> d.getIndexNames()).toList();
            covered(intersected, bare(ours.findings("IX-03")));
            assertTrue(!duplicated.isEmpty() && !intersected.isEmpty(), "the judge found some");
        }
    }

    private static void covered(List<List<String>> pairs, Set<String> ours) {
        for (var pair : pairs) assertTrue(pair.stream().anyMatch(ours::contains), pair + " is not among " + ours);
        for (var one : ours) assertTrue(pairs.stream().anyMatch(p -> p.contains(one)), one + " is in none of " + pairs);
    }

    private static Set<String> names(Stream<String> names) {
        return names.collect(Collectors.toCollection(TreeSet::new));
    }

    private static Set<String> bare(Set<String> names) {
        return names.stream().map(n -> n.replaceFirst("^public\\.", "")).collect(Collectors.toCollection(TreeSet::new));
    }
}

//SOURCES ../RecordFields.java CatalogAnswers.java ChunkAdviser.java ExploreConfig.java LiveCatalog.java
//SOURCES ObjectLinks.java Report.java StructureCatalog.java TableDetails.java
package lib.explore;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import lib.RecordFields;
import lib.explore.Report.Hypertable;
import lib.explore.Report.Index;
import lib.explore.Report.Relation;
import lib.explore.Report.Size;
import lib.explore.Report.TableUse;
import lib.explore.Report.ViewFacts;
import lib.explore.StructureCatalog.Rel;

/** Puts what was asked about each table and each view together; chunks and partitions are rolled up into theirs. */
final class RelationModel {
    private final CatalogAnswers answers;
    private final ExploreConfig config;
    private final TableDetails details;
    private final ObjectLinks links;
    private final Map<Long, List<Index>> indexes;

    final List<Relation> tables = new ArrayList<>();
    final List<ViewFacts> views = new ArrayList<>();
    final List<Hypertable> hypertables;
    final List<Report.Aggregate> aggregates;

    RelationModel(CatalogAnswers answers, ExploreConfig config) {
        this.answers = answers;
        this.config = config;
        details = answers.details.get();
        links = new ObjectLinks(
            answers.relations,
            answers.constraints.get().foreign(),
            answers.dependents.get(),
            answers.routines.get());
        indexes = answers.timescale.rollUp(answers.indexes.get().byTable());
        var partitioned = new ArrayList<Hypertable>();
        for (var r : answers.relations) {
            if (r.isAggregate()) continue;
            if (r.isView()) {
                views.add(view(r));
                continue;
            }
            var hypertable = answers.timescale.hypertable(r.oid(), r.schema(), r.name());
            if (hypertable != null) partitioned.add(hypertable);
            tables.add(hypertable == null ? plain(r) : hypertable(r, hypertable));
        }
        hypertables = withAdvice(partitioned);
        aggregates = answers.timescale.aggregates(answers.relations, answers.columns.get(), indexes);
    }

    private ViewFacts view(Rel r) {
        boolean stored = r.kind() == 'm';
        var part = part(r);
        return RecordFields.of(ViewFacts.class)
            .with("oid", r.oid())
            .with("schema", r.schema())
            .with("name", r.name())
            .with("kind", stored ? "materialized view" : "view")
            .with("owner", r.owner())
            .with("comment", r.comment())
            .with("purpose", config.purpose(r.schema(), r.name(), r.comment()))
            .with("rows", stored ? r.rows() : null)
            .with("bytes", part == null ? null : part.size().total())
            .with("columns", answers.columns.get().getOrDefault(r.oid(), List.of()))
            .with("indexes", indexes(r))
            .with("triggers", answers.triggers.get().getOrDefault(r.oid(), List.of()))
            .with("usedBy", links.usedBy(r.oid()))
            .with("options", details.options(r.oid()))
            .with("definition", answers.viewDefinitions.get().get(r.oid()))
            .record();
    }

    private Relation plain(Rel r) {
        var part = part(r);
        return common(r)
            .with("kind", switch (r.kind()) {
                case 'p' -> "partitioned table";
                case 'f' -> "foreign table";
                default -> "table";
            })
            .with("rows", r.kind() == 'p' && part != null ? part.rows() : r.rows())
            .with("size", part == null ? Size.NONE : part.size())
            .with("partitions", part == null ? 0 : part.parts())
            .with("partitionKey", r.partitionKey())
            .with("use", use(r, part == null ? null : part.use()))
            .record();
    }

    private Relation hypertable(Rel r, Hypertable h) {
        return common(r).with("kind", "hypertable")
            .with("rows", h.rows())
            .with("size", h.size())
            .with("partitions", h.chunks())
            .with("partitionKey", "RANGE (" + h.dimensions().getFirst().column() + ")")
            .with("use", use(r, answers.timescale.use(h)))
            .record();
    }

    private RecordFields<Relation> common(Rel r) {
        var labels = config.labels().getOrDefault(r.name(), List.of());
        return RecordFields.of(Relation.class)
            .with("oid", r.oid())
            .with("schema", r.schema())
            .with("name", r.name())
            .with("unlogged", r.unlogged())
            .with("owner", r.owner())
            .with("comment", r.comment())
            .with("purpose", config.purpose(r.schema(), r.name(), r.comment()))
            .with("labels", config.labels().getOrDefault(r.schema() + "." + r.name(), labels))
            .with("columns", answers.columns.get().getOrDefault(r.oid(), List.of()))
            .with("constraints", answers.constraints.get().own().getOrDefault(r.oid(), List.of()))
            .with("foreignKeys", answers.constraints.get().foreign().getOrDefault(r.oid(), List.of()))
            .with("indexes", indexes(r))
            .with("triggers", answers.triggers.get().getOrDefault(r.oid(), List.of()))
            .with("details", details.of(r.oid()))
            .with("referencedBy", links.referencedBy(r.oid()))
            .with("usedBy", links.usedBy(r.oid()));
    }

    private List<Index> indexes(Rel r) {
        return indexes.getOrDefault(r.oid(), List.of());
    }

    /** Size and use; a partitioned table's has the indexes already. */
    private LiveCatalog.Part part(Rel r) {
        var part = answers.parts.get().get(r.oid());
        if (part == null || r.kind() == 'p') return part;
        return part.withIndexes(indexes(r).stream().mapToLong(Index::bytes).sum(), answers.indexes.get().exact());
    }

    private TableUse use(Rel r, TableUse use) {
        if (use == null) return null;
        var scans = indexes(r).stream().map(Index::scans).filter(Objects::nonNull).mapToLong(Long::longValue).sum();
        return RecordFields.of(use)
            .with("indexScans", indexes(r).isEmpty() ? null : scans)
            .with("bloat", answers.bloat.get().get(r.oid()))
            .record();
    }

    /** What interval is good depends on how much the others take of the memory. */
    private List<Hypertable> withAdvice(List<Hypertable> all) {
        var memory = answers.settings.get().bytes("shared_buffers");
        return all.stream().map(h -> {
            var advice = ChunkAdviser.text(ChunkAdviser.interval(h, all, memory));
            return advice == null ? h : RecordFields.of(h).with("suggestedInterval", advice).record();
        }).toList();
    }
}

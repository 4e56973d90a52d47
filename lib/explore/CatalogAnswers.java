//SOURCES ../Console.java Capabilities.java CatalogReader.java LiveCatalog.java ObjectCatalog.java Report.java Row.java
//SOURCES Scope.java ServerActivity.java StructureCatalog.java TableDetails.java TimescaleCatalog.java
//SOURCES TimescaleModel.java
package lib.explore;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import lib.Console;
import lib.explore.Report.Column;
import lib.explore.Report.Grant;
import lib.explore.Report.OtherDatabase;
import lib.explore.Report.OtherObjects;
import lib.explore.Report.Role;
import lib.explore.Report.Routine;
import lib.explore.Report.Trigger;
import lib.explore.Report.TypeFacts;
import lib.explore.StructureCatalog.Rel;
import lib.explore.StructureCatalog.SchemaRow;

/**
 * All questions, asked at once; each answer waits until somebody needs it. The longest come first, so that at the end
 * no connection waits for the other.
 */
final class CatalogAnswers {
    private final CatalogReader reader;
    private final Scope scope;

    final TimescaleModel timescale;
    /** The user's tables and views that are in the scope. */
    final List<Rel> relations;
    final Supplier<Map<Long, LiveCatalog.Part>> parts;
    final Supplier<StructureCatalog.Indexes> indexes;
    final Supplier<StructureCatalog.Constraints> constraints;
    final Supplier<Map<Long, List<Column>>> columns;
    final Supplier<Map<Long, String>> viewDefinitions;
    final Supplier<Map<Long, List<Trigger>>> triggers;
    final Supplier<Map<Long, Double>> bloat;
    final Supplier<LiveCatalog.ServerRow> server;
    final Supplier<LiveCatalog.Settings> settings;
    final Supplier<List<OtherDatabase>> databases;
    final Supplier<List<Routine>> routines;
    final Supplier<List<TypeFacts>> types;
    final Supplier<List<Report.Sequence>> sequences;
    final Supplier<List<Report.Extension>> extensions;
    final Supplier<TableDetails> details;
    final Supplier<Map<Long, List<String>>> dependents;
    final Supplier<OtherObjects> others;
    final Supplier<List<SchemaRow>> schemas;
    final Supplier<List<Role>> roles;
    final Supplier<List<Grant>> grants;
    final Supplier<ServerActivity> activity;

    CatalogAnswers(CatalogReader reader, Capabilities can, TimescaleModel.Wanted wanted) {
        this.reader = reader;
        this.scope = wanted.scope();
        var structure = new StructureCatalog(reader, can);
        var live = new LiveCatalog(reader, can);
        var objects = new ObjectCatalog(reader, can);
        var all = reader.soon(structure::relations);
        timescale = new TimescaleModel(reader, new TimescaleCatalog(reader, can), can.hasCatalog(), wanted);
        relations = inScope(all.get());
        reader.locked();
        var own = Row.oids(relations.stream().map(Rel::oid).toList());
        parts = reader.soon(() -> live.tables(own));
        indexes = reader.soon(() -> structure.indexes(withIndexes()));
        constraints = reader.soon(() -> structure.constraints(own));
        columns = reader.soon(() -> structure.columns(own));
        viewDefinitions = structure.viewDefinitions(views());
        databases = reader.soon(structure::databases);
        server = reader.soon(live::server);
        triggers = reader.soon(() -> structure.triggers(own));
        bloat = reader.soon(() -> live.bloat(own));
        settings = reader.soon(() -> live.settings(can.backup() != null));
        routines = reader.soon(() -> structure.routines().stream().filter(f -> scope.hasSchema(f.schema())).toList());
        types = reader.soon(() -> structure.types().stream().filter(t -> scope.hasSchema(t.schema())).toList());
        sequences =
            reader.soon(() -> structure.sequences().stream().filter(s -> scope.hasSchema(s.schema())).toList());
        extensions = reader.soon(structure::extensions);
        details = TableDetails.ask(reader, objects, own);
        dependents = reader.soon(() -> objects.dependents(own));
        others = reader.soon(objects::others);
        schemas = reader.soon(structure::schemas);
        roles = reader.soon(structure::roles);
        grants = reader.soon(() -> structure.grants(own).stream().filter(g -> scope.hasSchema(g.schema())).toList());
        activity = reader.soon(() -> ServerActivity.ask(live, settings.get().get("max_connections")));
    }

    private List<Rel> inScope(List<Rel> all) {
        var mine = all.stream().filter(r -> scope.has(r.schema(), r.name())).toList();
        if (!scope.isAll() && mine.isEmpty() && !reader.isPrintOnly()) {
            Console.warn("no table or view is in the %s", scope);
        }
        return mine;
    }

    /** The rows of a continuous aggregate are in a table of its own, which has the indexes. */
    private String[] withIndexes() {
        var oids = new ArrayList<>(relations.stream().map(Rel::oid).toList());
        oids.addAll(timescale.aggregateTables());
        return Row.oids(oids);
    }

    private List<Long> views() {
        return relations.stream().filter(r -> r.isView() && !r.isAggregate()).map(Rel::oid).toList();
    }
}

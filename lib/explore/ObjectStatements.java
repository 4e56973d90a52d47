//SOURCES Report.java
package lib.explore;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import lib.explore.Report.DdlStatement;
import lib.explore.Report.Routine;

/** The statements of a report by the object that they belong to; all answers are null without --ddl. */
final class ObjectStatements {
    /** Objects of these kinds are shown with a card of their own. */
    private static final Set<String> SHOWN =
        Set.of("table", "foreign table", "view", "materialized view", "function", "procedure", "aggregate");

    private final Map<String, List<DdlStatement>> byObject = new LinkedHashMap<>();
    private final Map<String, List<String>> routines = new LinkedHashMap<>();
    private final Set<String> relations;

    ObjectStatements(Report report) {
        relations = report.tables().stream().map(Report.Relation::fullName).collect(Collectors.toSet());
        if (report.ddl() == null) return;
        for (var s : report.ddl().statements()) {
            byObject.computeIfAbsent(s.object() == null ? "" : s.object(), _ -> new ArrayList<>()).add(s);
        }
        for (var object : byObject.keySet()) {
            int end = object.lastIndexOf('(');
            if (end > 0) routines.computeIfAbsent(object.substring(0, end), _ -> new ArrayList<>()).add(object);
        }
    }

    String ofRelation(String schema, String name) {
        for (var kind : List.of("table ", "view ", "materialized view ", "foreign table ")) {
            var found = byObject.get(kind + schema + "." + name);
            if (found != null) return text(found);
        }
        return null;
    }

    /** Of functions with the same name it is the one with the same arguments. */
    String ofRoutine(Routine f) {
        var kind = f.kind().equals("window function") ? "function" : f.kind();
        for (var object : routines.getOrDefault(kind + " " + f.schema() + "." + f.name(), List.of())) {
            var statements = byObject.get(object);
            var isAlone = routines.get(kind + " " + f.schema() + "." + f.name()).size() == 1;
            if (isAlone || statements.getFirst().sql().contains("(" + f.arguments() + ")")) return text(statements);
        }
        return null;
    }

    /** Types, sequences, schemas, extensions, partitions and the like. */
    String ofTheRest() {
        return byObject.entrySet()
            .stream()
            .filter(e -> !isShown(e.getKey()))
            .map(e -> text(e.getValue()))
            .collect(Collectors.joining("\n\n"));
    }

    private boolean isShown(String object) {
        var kind = SHOWN.stream().filter(k -> object.startsWith(k + " ")).findFirst().orElse(null);
        if (kind == null) return false;
        return !kind.endsWith("table") || relations.contains(object.substring(kind.length() + 1));
    }

    private static String text(List<DdlStatement> statements) {
        return statements.stream().map(DdlStatement::sql).collect(Collectors.joining("\n\n"));
    }
}

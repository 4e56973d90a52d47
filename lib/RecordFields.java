package lib;

import java.lang.reflect.Array;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A record with its values by name, for records of so many components that nobody sees by position which is which:
 *
 * <pre>{@code RecordFields.of(use).with("bloat", 0.5).record()}</pre>
 *
 * A name that the record does not have, and a component that was not given, is an error at once; a value that is not
 * known is given as null.
 */
public final class RecordFields<T extends Record> {
    /** @param column its name in SQL: started_at for startedAt */
    public record Component(String name, String column, Class<?> type) {}

    private record Shape(List<Component> components, Constructor<?> constructor) {}

    private static final Map<Class<?>, Shape> SHAPES = new ConcurrentHashMap<>();
    private static final Object NOT_GIVEN = new Object();

    private final Class<T> type;
    private final Shape shape;
    private final Object[] values;

    private RecordFields(Class<T> type) {
        this.type = type;
        this.shape = SHAPES.computeIfAbsent(type, RecordFields::shape);
        this.values = new Object[shape.components().size()];
        Arrays.fill(values, NOT_GIVEN);
    }

    /** None of them given yet. */
    public static <T extends Record> RecordFields<T> of(Class<T> type) {
        return new RecordFields<>(type);
    }

    /** All of them as in this one. */
    @SuppressWarnings("unchecked")
    public static <T extends Record> RecordFields<T> of(T record) {
        var fields = new RecordFields<>((Class<T>) record.getClass());
        var components = record.getClass().getRecordComponents();
        try {
            for (int i = 0; i < components.length; i++) {
                var accessor = components[i].getAccessor();
                accessor.setAccessible(true);
                fields.values[i] = accessor.invoke(record);
            }
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
        return fields;
    }

    public RecordFields<T> with(String name, Object value) {
        var components = shape.components();
        for (int i = 0; i < values.length; i++) {
            if (components.get(i).name().equals(name)) {
                values[i] = value;
                return this;
            }
        }
        throw new IllegalArgumentException(type.getSimpleName() + " has no component " + name);
    }

    /** What was not given yet. */
    public List<Component> missing() {
        var missing = new ArrayList<Component>();
        for (int i = 0; i < values.length; i++) {
            if (values[i] == NOT_GIVEN) missing.add(shape.components().get(i));
        }
        return missing;
    }

    /** Null, zero and false for what was not given: where nothing could be found out. */
    public RecordFields<T> restUnknown() {
        for (var missing : missing()) with(missing.name(), unknown(missing.type()));
        return this;
    }

    private static Object unknown(Class<?> type) {
        return type.isPrimitive() ? Array.get(Array.newInstance(type, 1), 0) : null;
    }

    public T record() {
        if (!missing().isEmpty()) {
            throw new IllegalStateException(type.getSimpleName() + " was not given " + missing().getFirst().name());
        }
        try {
            return type.cast(shape.constructor().newInstance(values));
        } catch (InvocationTargetException e) {
            if (e.getCause() instanceof RuntimeException known) throw known;
            throw new IllegalStateException(e.getCause());
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }

    private static Shape shape(Class<?> type) {
        var components = Arrays.stream(type.getRecordComponents())
            .map(c -> new Component(c.getName(), column(c.getName()), c.getType()))
            .toList();
        var types = Arrays.stream(type.getRecordComponents()).map(RecordComponent::getType).toArray(Class<?>[]::new);
        try {
            var constructor = type.getDeclaredConstructor(types);
            constructor.setAccessible(true);
            return new Shape(components, constructor);
        } catch (NoSuchMethodException e) {
            throw new IllegalStateException(e);   // every record has it
        }
    }

    private static String column(String name) {
        return name.replaceAll("([A-Z])", "_$1").toLowerCase(Locale.ROOT);
    }
}

package lib;

import java.lang.reflect.Array;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
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
    /** @param column its name in SQL: started_at for startedAt @param declared with the type of its elements */
    public record Component(String name, String column, Class<?> type, Type declared, Method accessor) {}

    private record Shape(List<Component> components, Map<String, Integer> index, Constructor<?> constructor) {}

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
        try {
            for (int i = 0; i < fields.values.length; i++) {
                fields.values[i] = fields.shape.components().get(i).accessor().invoke(record);
            }
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
        return fields;
    }

    /** Null where the record has none of this name. */
    Component component(String name) {
        var index = shape.index().get(name);
        return index == null ? null : shape.components().get(index);
    }

    public RecordFields<T> with(String name, Object value) {
        var index = shape.index().get(name);
        if (index == null) throw new IllegalArgumentException(type.getSimpleName() + " has no component " + name);
        values[index] = value;
        return this;
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

    static Object unknown(Class<?> type) {
        return type.isPrimitive() ? Array.get(Array.newInstance(type, 1), 0) : null;
    }

    public T record() {
        for (int i = 0; i < values.length; i++) {
            if (values[i] != NOT_GIVEN) continue;
            throw new IllegalStateException(
                type.getSimpleName() + " was not given " + shape.components().get(i).name());
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
        var components = new ArrayList<Component>();
        var index = new HashMap<String, Integer>();
        for (var c : type.getRecordComponents()) {
            c.getAccessor().setAccessible(true);
            index.put(c.getName(), components.size());
            var column = column(c.getName());
            components.add(new Component(c.getName(), column, c.getType(), c.getGenericType(), c.getAccessor()));
        }
        var types = components.stream().map(Component::type).toArray(Class<?>[]::new);
        try {
            var constructor = type.getDeclaredConstructor(types);
            constructor.setAccessible(true);
            return new Shape(components, index, constructor);
        } catch (NoSuchMethodException e) {
            throw new IllegalStateException(e);   // every record has it
        }
    }

    private static String column(String name) {
        var column = new StringBuilder();
        for (var letter : name.toCharArray()) {
            if (Character.isUpperCase(letter)) column.append('_');
            column.append(Character.toLowerCase(letter));
        }
        return column.toString();
    }
}

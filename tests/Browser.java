//SOURCES ../lib/Json.java

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.stream.Stream;
import lib.Json;
import org.junit.jupiter.api.Assumptions;
import org.openqa.selenium.By;
import org.openqa.selenium.Keys;
import org.openqa.selenium.OutputType;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeDriverService;
import org.openqa.selenium.chrome.ChromeOptions;
import org.openqa.selenium.interactions.Actions;
import org.openqa.selenium.logging.LogType;
import org.openqa.selenium.logging.LoggingPreferences;

/**
 * A real browser, Debian's chromium with its chromium-driver, for the pages that the tools write. One for all tests:
 * starting it takes longer than most of them. Without the two programs a test is skipped.
 */
final class Browser {
    private static final String AXE = "/META-INF/resources/webjars/axe-core/4.6.3/axe.min.js";
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    /** axe-core looks at each of some ten thousand elements, and other tests want the processor, too. */
    private static final Duration AXE_PATIENCE = Duration.ofMinutes(4);
    /** Selenium warns of each browser that is newer than itself; what is used here does not depend on it. */
    private static final Logger QUIET = Logger.getLogger("org.openqa.selenium");
    private static Browser shared;

    private final ChromeDriver driver;

    private Browser(Path driverProgram, Path browserProgram) {
        var options = new ChromeOptions();
        options.setBinary(browserProgram.toFile());
        // as root and in containers there is no sandbox and little shared memory
        options.addArguments("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage");
        options.addArguments("--hide-scrollbars", "--force-color-profile=srgb", "--no-first-run");
        var logs = new LoggingPreferences();
        logs.enable(LogType.BROWSER, Level.ALL);
        logs.enable(LogType.PERFORMANCE, Level.ALL);
        options.setCapability("goog:loggingPrefs", logs);
        var service = new ChromeDriverService.Builder().usingDriverExecutable(driverProgram.toFile())
            .usingAnyFreePort()
            .build();
        driver = new ChromeDriver(service, options);
        driver.manage().timeouts().scriptTimeout(AXE_PATIENCE).pageLoadTimeout(PATIENCE);
        Runtime.getRuntime().addShutdownHook(new Thread(driver::quit));
    }

    static synchronized Browser shared() {
        if (shared == null) {
            var driver = program("chromedriver");
            var browser = program("chromium");
            Assumptions.assumeTrue(
                driver.isPresent() && browser.isPresent(),
                "no chromium and chromedriver on this machine: apt-get install chromium chromium-driver");
            QUIET.setLevel(Level.SEVERE);
            shared = new Browser(driver.get(), browser.get());
        }
        return shared;
    }

    private static Optional<Path> program(String name) {
        return Stream.of(System.getenv("PATH").split(File.pathSeparator))
            .map(place -> Path.of(place, name))
            .filter(Files::isExecutable)
            .findFirst();
    }

    /** A page from the disk, in a window of that size. @param fragment "#tables", or empty */
    void open(Path page, String fragment, int width, int height) {
        size(width, height);
        media("", "light");
        driver.get("about:blank");
        driver.manage().logs().get(LogType.BROWSER);
        driver.manage().logs().get(LogType.PERFORMANCE);
        driver.get(page.toUri() + fragment);
    }

    /** Also narrower than a window can be. */
    void size(int width, int height) {
        driver.executeCdpCommand(
            "Emulation.setDeviceMetricsOverride",
            Map.of("width", width, "height", height, "deviceScaleFactor", 1, "mobile", false));
    }

    /** @param media "print", or empty for the screen; @param scheme "dark" or "light", what the system is set to */
    void media(String media, String scheme) {
        driver.executeCdpCommand(
            "Emulation.setEmulatedMedia",
            Map.of("media", media, "features", List.of(Map.of("name", "prefers-color-scheme", "value", scheme))));
    }

    void scripts(boolean allowed) {
        driver.executeCdpCommand("Emulation.setScriptExecutionDisabled", Map.of("value", !allowed));
    }

    Object script(String body, Object... arguments) {
        return driver.executeScript(body, arguments);
    }

    boolean holds(String condition) {
        return Boolean.TRUE.equals(script("return Boolean(" + condition + ")"));
    }

    /** Until it holds: what a page does a moment later. */
    void await(String condition) {
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (!holds(condition)) {
            if (System.nanoTime() > end) throw new AssertionError("never came true: " + condition);
            try {
                Thread.sleep(30);
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }
    }

    String text(String selector) {
        return (String) script("return document.querySelector(arguments[0])?.textContent ?? null", selector);
    }

    WebElement element(String selector) {
        return driver.findElement(By.cssSelector(selector));
    }

    void click(String selector) {
        element(selector).click();
    }

    /** To whatever has the focus. */
    void type(CharSequence... keys) {
        new Actions(driver).sendKeys(keys).perform();
    }

    void chord(Keys held, CharSequence key) {
        new Actions(driver).keyDown(held).sendKeys(key).keyUp(held).perform();
    }

    /** With the mouse, from a point of an element to another; measured from its middle. */
    void drag(String selector, int fromX, int toX, int y) {
        new Actions(driver).moveToElement(element(selector), fromX, y)
            .clickAndHold()
            .moveByOffset((toX - fromX) / 2, 0)
            .moveByOffset((toX - fromX) / 2, 0)
            .release()
            .perform();
    }

    void pointAt(String selector, int x, int y) {
        new Actions(driver).moveToElement(element(selector), x, y).perform();
    }

    /** What the page asked for since it was opened, itself left out. */
    List<String> requests() {
        return driver.manage()
            .logs()
            .get(LogType.PERFORMANCE)
            .getAll()
            .stream()
            .map(entry -> Json.tree(entry.getMessage()).get("message"))
            .filter(message -> message.get("method").asString().equals("Network.requestWillBeSent"))
            .map(message -> message.get("params").get("request").get("url").asString())
            .filter(url -> !url.startsWith("file:") || !url.contains(".html"))
            .filter(url -> !url.equals("about:blank") && !url.startsWith("data:"))
            .toList();
    }

    /** What the browser complains about: errors of the script, what the page's own policy forbids. */
    List<String> complaints() {
        return driver.manage()
            .logs()
            .get(LogType.BROWSER)
            .getAll()
            .stream()
            .map(entry -> entry.getLevel() + " " + entry.getMessage())
            .toList();
    }

    /** All violations that axe-core finds, of any severity: rule, what is wrong, and where. */
    @SuppressWarnings("unchecked")
    List<String> violations() {
        if (!holds("window.axe")) script(axe());
        return (List<String>) driver.executeAsyncScript("""
            const done = arguments[arguments.length - 1];
            const drawn = '.er a:nth-of-type(n + 40)';   // one box of a drawing is like the other, and axe is slow
            axe.run({exclude: [[drawn]]}, {resultTypes: ['violations']}).then(
              (found) => done(found.violations.flatMap((rule) => rule.nodes.slice(0, 3).map(
                (node) => rule.id + ' (' + rule.impact + '): ' + node.target.join(' ') + ' ' + node.html.slice(0, 160)
                  + ' ' + (node.any[0]?.message ?? '')))),
              (error) => done(['axe failed: ' + error]));
            """);
    }

    private static String axe() {
        try (var in = Browser.class.getResourceAsStream(AXE)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** By how many pixels the page is wider than the window. */
    long sideways() {
        return (long) script("return document.documentElement.scrollWidth - document.documentElement.clientWidth");
    }

    void picture(Path png) throws IOException {
        Files.write(png, driver.getScreenshotAs(OutputType.BYTES));
    }
}

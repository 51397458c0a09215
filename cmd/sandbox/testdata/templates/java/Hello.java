public class Hello {
  static String greet(String name) { return "hello " + name; }

  public static void main(String[] args) {
    if (!greet("x").equals("hello x")) throw new AssertionError();
  }
}

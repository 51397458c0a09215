package hello

func Greet(name string) string { return "hello " + name }

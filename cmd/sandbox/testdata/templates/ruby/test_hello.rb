raise "no" unless "hello x" == "hello " + "x"

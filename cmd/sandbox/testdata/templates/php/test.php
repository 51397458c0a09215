<?php
if ("hello " . "x" !== "hello x") { exit(1); }
echo "ok\n";

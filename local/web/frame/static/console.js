// What is wrong with a form is told first, also to those who do not see it.
document.getElementById("faults")?.focus();

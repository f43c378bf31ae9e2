package rotate_test

const roleVariable = "STAFETT_TEST_ROTATE_ROLE"

func play(string) int { return 1 }

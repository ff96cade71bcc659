Feature: fork
  Branches run side by side; the first fault ends the others.

  Scenario: success
    Given a workflow with definition:
    """yaml
    document:
      dsl: '1.0.3'
      namespace: matrix
      name: main
      version: '1.0.0'
    do:
      - both:
          fork:
            branches:
              - slow:
                  do:
                    - rest:
                        wait: {seconds: 4}
                    - a:
                        set: {is: a}
              - ask:
                  call: http
                  with: {method: get, endpoint: 'https://example.com/ask'}
    """
    And ask answers:
    """yaml
    is: b
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    - {is: a}
    - {is: b}
    """
    And the workflow should take 4 seconds

  Scenario: error
    Given a workflow with definition:
    """yaml
    document:
      dsl: '1.0.3'
      namespace: matrix
      name: main
      version: '1.0.0'
    do:
      - both:
          fork:
            branches:
              - slow:
                  do:
                    - rest:
                        wait: {seconds: 4}
                    - a:
                        set: {is: a}
              - ask:
                  call: http
                  with: {method: get, endpoint: 'https://example.com/ask'}
    """
    And ask fails with status 500
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    status: 500
    instance: /do/0/both/fork/branches/1/ask
    """
    And a should run 0 times
    And the workflow should take 0 seconds

  Scenario: timeout
    Given a workflow with definition:
    """yaml
    document:
      dsl: '1.0.3'
      namespace: matrix
      name: main
      version: '1.0.0'
    do:
      - both:
          timeout: {after: {seconds: 2}}
          fork:
            branches:
              - slow:
                  do:
                    - rest:
                        wait: {seconds: 4}
                    - a:
                        set: {is: a}
              - ask:
                  call: http
                  with: {method: get, endpoint: 'https://example.com/ask'}
    """
    And ask answers:
    """yaml
    is: b
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    type: https://open-workflow-specification.org/spec/1.0.0/errors/timeout
    instance: /do/0/both
    """
    And the workflow should take 2 seconds

  Scenario: retry
    Given a workflow with definition:
    """yaml
    document:
      dsl: '1.0.3'
      namespace: matrix
      name: main
      version: '1.0.0'
    do:
      - guarded:
          try:
            - both:
                fork:
                  branches:
                    - slow:
                        do:
                          - rest:
                              wait: {seconds: 4}
                          - a:
                              set: {is: a}
                    - ask:
                        call: http
                        with: {method: get, endpoint: 'https://example.com/ask'}
          catch:
            retry: {delay: {seconds: 1}, backoff: {constant: {}}, limit: {attempt: {count: 3}}}
    """
    And ask fails with status 503 1 times, then answers:
    """yaml
    is: b
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    - {is: a}
    - {is: b}
    """
    And ask should be called 2 times
    And the workflow should take 5 seconds

  Scenario: cancel
    Given a workflow with definition:
    """yaml
    document:
      dsl: '1.0.3'
      namespace: matrix
      name: main
      version: '1.0.0'
    do:
      - both:
          fork:
            branches:
              - slow:
                  do:
                    - rest:
                        wait: {seconds: 4}
                    - a:
                        set: {is: a}
              - ask:
                  call: http
                  with: {method: get, endpoint: 'https://example.com/ask'}
    """
    And ask never answers
    And the workflow is cancelled after 1 seconds
    When the workflow is executed
    Then the workflow should be cancelled
    And a should run 0 times

  Scenario: suspend
    Given a workflow with definition:
    """yaml
    document:
      dsl: '1.0.3'
      namespace: matrix
      name: main
      version: '1.0.0'
    do:
      - both:
          fork:
            branches:
              - slow:
                  do:
                    - rest:
                        wait: {seconds: 4}
                    - a:
                        set: {is: a}
              - ask:
                  call: http
                  with: {method: get, endpoint: 'https://example.com/ask'}
    """
    And ask answers:
    """yaml
    is: b
    """
    And the workflow is suspended after 1 seconds and resumed after 10
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    - {is: a}
    - {is: b}
    """
    And the workflow should take 10 seconds

  Scenario: crash before commit
    Given a workflow with definition:
    """yaml
    document:
      dsl: '1.0.3'
      namespace: matrix
      name: main
      version: '1.0.0'
    do:
      - both:
          fork:
            branches:
              - slow:
                  do:
                    - rest:
                        wait: {seconds: 4}
                    - a:
                        set: {is: a}
              - ask:
                  call: http
                  with: {method: get, endpoint: 'https://example.com/ask'}
    """
    And ask answers:
    """yaml
    is: b
    """
    And the process crashes before each commit
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    - {is: a}
    - {is: b}
    """
    And a should run 1 times

  Scenario: crash after commit
    Given a workflow with definition:
    """yaml
    document:
      dsl: '1.0.3'
      namespace: matrix
      name: main
      version: '1.0.0'
    do:
      - both:
          fork:
            branches:
              - slow:
                  do:
                    - rest:
                        wait: {seconds: 4}
                    - a:
                        set: {is: a}
              - ask:
                  call: http
                  with: {method: get, endpoint: 'https://example.com/ask'}
    """
    And ask answers:
    """yaml
    is: b
    """
    And the process crashes after each commit
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    - {is: a}
    - {is: b}
    """
    And a should run 1 times

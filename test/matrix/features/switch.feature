Feature: switch
  A switch chooses in one decision and stays with its choice.

  Scenario: success
    Given a workflow with definition:
    """yaml
    document:
      dsl: '1.0.3'
      namespace: matrix
      name: main
      version: '1.0.0'
    do:
      - size:
          switch:
            - large: {when: '.total >= 100', then: review}
            - otherwise: {then: accept}
      - review:
          set: {route: review}
          then: end
      - accept:
          set: {route: accept}
    """
    And given the workflow input is:
    """yaml
    total: 120
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    route: review
    """
    And accept should run 0 times

  Scenario: error
    Given a workflow with definition:
    """yaml
    document:
      dsl: '1.0.3'
      namespace: matrix
      name: main
      version: '1.0.0'
    do:
      - size:
          switch:
            - large: {when: '(.total | tonumber) >= 100', then: review}
            - otherwise: {then: accept}
      - review:
          set: {route: review}
          then: end
      - accept:
          set: {route: accept}
    """
    And given the workflow input is:
    """yaml
    total: many
    """
    When the workflow is executed
    Then the workflow should fault with error:
    """yaml
    type: https://open-workflow-specification.org/spec/1.0.0/errors/expression
    instance: /do/0/size
    """

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
            - size:
                switch:
                  - large: {when: '(.total | tonumber) >= 100', then: exit}
          catch:
            retry: {delay: {seconds: 1}, backoff: {constant: {}}, limit: {attempt: {count: 2}}}
            do:
              - tell:
                  set: {route: none}
    """
    And given the workflow input is:
    """yaml
    total: many
    """
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    route: none
    """
    And size should run 2 times

  Scenario: cancel
    Given a workflow with definition:
    """yaml
    document:
      dsl: '1.0.3'
      namespace: matrix
      name: main
      version: '1.0.0'
    do:
      - first:
          wait: {seconds: 5}
      - size:
          switch:
            - large: {when: '.total >= 100', then: review}
            - otherwise: {then: accept}
      - review:
          set: {route: review}
          then: end
      - accept:
          set: {route: accept}
    """
    And given the workflow input is:
    """yaml
    total: 1
    """
    And the workflow is cancelled after 1 seconds
    When the workflow is executed
    Then the workflow should be cancelled
    And size should run 0 times

  Scenario: suspend
    Given a workflow with definition:
    """yaml
    document:
      dsl: '1.0.3'
      namespace: matrix
      name: main
      version: '1.0.0'
    do:
      - first:
          wait: {seconds: 5}
      - size:
          switch:
            - large: {when: '.total >= 100', then: review}
            - otherwise: {then: accept}
      - review:
          set: {route: review}
          then: end
      - accept:
          set: {route: accept}
    """
    And given the workflow input is:
    """yaml
    total: 1
    """
    And the workflow is suspended after 1 seconds and resumed after 10
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    route: accept
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
      - size:
          switch:
            - large: {when: '.total >= 100', then: review}
            - otherwise: {then: accept}
      - review:
          set: {route: review}
          then: end
      - accept:
          set: {route: accept}
    """
    And given the workflow input is:
    """yaml
    total: 120
    """
    And the process crashes before each commit
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    route: review
    """
    And size should run 1 times
    And accept should run 0 times

  Scenario: crash after commit
    Given a workflow with definition:
    """yaml
    document:
      dsl: '1.0.3'
      namespace: matrix
      name: main
      version: '1.0.0'
    do:
      - size:
          switch:
            - large: {when: '.total >= 100', then: review}
            - otherwise: {then: accept}
      - review:
          set: {route: review}
          then: end
      - accept:
          set: {route: accept}
    """
    And given the workflow input is:
    """yaml
    total: 120
    """
    And the process crashes after each commit
    When the workflow is executed
    Then the workflow should complete with output:
    """yaml
    route: review
    """
    And size should run 1 times
    And accept should run 0 times
